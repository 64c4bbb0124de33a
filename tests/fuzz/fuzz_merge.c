/* SPDX-License-Identifier: ISC */
/*
 * Joining small packets.  An input is a list of packets: an op of stream.h, or the
 * byte 255, a length, and that number of literal bytes.
 */
#include "base/bytes.h"
#include "judge.h"
#include "stream.h"
#include "target.h"

enum { PACKETS = 1100, RAW = 255, ELSEWHERE = 250 };

const size_t target_cap = (size_t)PACKETS * STREAM_OP;

static void fill(struct batch *b, const uint8_t *data, size_t len)
{
	uint8_t packet[STREAM_MOST];
	struct stream stream;
	struct pkt *p;
	size_t at = 0;

	stream_init(&stream);
	while (len - at >= STREAM_OP && b->n < b->cap) {
		const uint8_t *op = data + at, *from = packet;
		size_t n;

		at += STREAM_OP;
		if (op[0] == RAW) {
			n = op[1] < len - at ? op[1] : len - at;
			from = data + at;
			at += n;
		} else {
			n = stream_packet(&stream, op, packet);
		}
		if (n == 0)
			continue;
		p = batch_add(b, n);
		if (!p)
			return;
		memcpy(p->data, from, n);
		p->fate = op[0] >= ELSEWHERE && op[0] != RAW ? FATE_NET : FATE_DEV;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const unsigned joins[] = { VNET_JOIN_TCP | VNET_JOIN_UDP, VNET_JOIN_TCP,
					  VNET_JOIN_UDP, 0 };
	const char *wrong = NULL;
	struct batch b;
	uint32_t writes;

	if (batch_init(&b, PACKETS, 1, 2 << 20) < 0)
		return 0;
	fill(&b, data, len);
	wrong = judge_merge(csum_best(), &b, joins[0], &writes);
	for (unsigned i = 0; i < LEN(joins) && !wrong; i++)
		wrong = judge_merge(&csum_portable, &b, joins[i], &writes);
	batch_fini(&b);
	if (wrong)
		target_wrong("fuzz_merge", wrong);
	return 0;
}

size_t target_make(struct prng *prng, uint8_t *out, size_t cap)
{
	size_t n = 1 + prng_below(prng, prng_below(prng, 20) ? 80 : cap / STREAM_OP);
	uint32_t odd = (uint32_t)prng_below(prng, 300000);
	uint32_t flows = 1 + (uint32_t)prng_below(prng, STREAM_FLOWS);

	for (size_t i = 0; i < n; i++) {
		uint8_t *op = out + i * STREAM_OP;

		prng_fill(prng, op, STREAM_OP);
		op[0] = (uint8_t)prng_below(prng, flows);
		op[1] = prng_ppm(prng, odd) ? (uint8_t)prng_below(prng, 36) : 255;
		if (prng_ppm(prng, odd / 8))
			op[0] = (uint8_t)(ELSEWHERE + prng_below(prng, 6));
		/* Mostly full ones. */
		if (prng_ppm(prng, 900000))
			op[3] = 0;
	}
	return n * STREAM_OP;
}
