/* SPDX-License-Identifier: ISC */
/*
 * Splitting large packets.  An input is: how many segments at a time (two bytes), then a
 * packet as read from a device, virtio header first.
 */
#include <string.h>

#include "base/bytes.h"
#include "judge.h"
#include "stream.h"
#include "target.h"

enum { KNOBS = 2 };

const size_t target_cap = KNOBS + VNET_HDR + PKT_MAX;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct csum *avx2 = csum_avx2();
	uint32_t most, cap;
	size_t l2len;
	const char *wrong;

	if (len < KNOBS)
		return 0;
	most = data[0] + 1u;
	cap = data[1] + 1u;
	l2len = data[1] == 255 ? 14 : 0; /* a frame */
	wrong = judge_split(&csum_portable, data + KNOBS, len - KNOBS, l2len, most, cap);
	if (!wrong && avx2)
		wrong = judge_split(avx2, data + KNOBS, len - KNOBS, l2len, most, cap);
	if (wrong)
		target_wrong("fuzz_split", wrong);
	return 0;
}

/* Of the headers of a packet make those of a big one, with so much payload. */
static size_t make_big(struct prng *prng, uint8_t *p, size_t len, size_t payload,
		       struct vnet_hdr *h)
{
	bool v4 = p[0] >> 4 == 4;
	size_t l3 = v4 ? 20 : 40, header;
	uint8_t protocol = v4 ? p[9] : p[6];

	if (len < l3 + 20)
		return len;
	header = l3 + (protocol == 6 ? (size_t)(p[l3 + 12] >> 4) * 4 : 8);
	if (header + payload > PKT_MAX)
		payload = PKT_MAX - header;
	prng_fill(prng, p + header, payload);
	if (v4)
		store_be16(p + 2, (uint16_t)(header + payload));
	else
		store_be16(p + 4, (uint16_t)(header + payload - 40));
	if (protocol == 6)
		p[l3 + 13] |= (uint8_t)(prng_below(prng, 256) & 0x8b); /* CWR, PSH, FIN */
	*h = (struct vnet_hdr){ .flags = 1,
				.type = protocol == 17 ? VNET_UDP
					: v4           ? VNET_TCP4
						       : VNET_TCP6,
				.header = (uint16_t)prng_below(prng, 100),
				.size = (uint16_t)(1 + prng_below(prng, 1500)),
				.start = (uint16_t)l3,
				.offset = protocol == 6 ? 16 : 6 };
	if (protocol == 6 && (p[l3 + 13] & 0x80))
		h->type |= VNET_ECN;
	return header + payload;
}

size_t target_make(struct prng *prng, uint8_t *out, size_t cap)
{
	uint8_t op[STREAM_OP], *packet = out + KNOBS + VNET_HDR;
	struct vnet_hdr h = { 0 };
	struct stream stream;
	size_t len;

	(void)cap;
	prng_fill(prng, out, KNOBS);
	prng_fill(prng, op, sizeof(op));
	if (prng_below(prng, 4))
		op[1] = 255; /* nothing odd */
	stream_init(&stream);
	len = stream_packet(&stream, op, packet);
	if (prng_below(prng, 4))
		len = make_big(prng, packet, len, prng_below(prng, 1 << prng_below(prng, 17)), &h);
	else
		h.flags = (uint8_t)prng_below(prng, 3), h.start = 20, h.offset = 6;
	memcpy(out + KNOBS, &h, VNET_HDR);
	len += KNOBS + VNET_HDR;
	/* Occasionally something is broken. */
	while (prng_below(prng, 3) == 0)
		out[prng_below(prng, len < 96 ? len : 96)] ^= (uint8_t)(1u << prng_below(prng, 8));
	if (prng_below(prng, 8) == 0)
		len = prng_below(prng, len + 1);
	return len;
}
