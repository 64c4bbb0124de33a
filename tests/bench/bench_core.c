/* SPDX-License-Identifier: ISC */
/*
 * The core without I/O: two tunnels in one process, packets from memory to
 * memory.  The cost of seal and open without system calls: lookup,
 * nonce, padding, AEAD, replay window, timers, source check.
 *
 *   bench_core [AEAD]        prints a table; asserts nothing
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/bytes.h"
#include "crypto/aead.h"
#include "proto/admin.h"

enum { PACKETS = 128, ENDS = 64, BYTES = 512 << 10, INNER_A = 0x0a000001, INNER_B = 0x0a000002 };

static const uint64_t run_ns = 300 * MILLI_NS;

struct side {
	struct tunnel tunnel;
	struct batch batch;
	struct endpoint at;
	struct key private_key;
};

static uint64_t clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * SECOND_NS + (uint64_t)ts.tv_nsec;
}

static const struct instant now = { .mono = 1000 * SECOND_NS, .wall = 1700000000 * SECOND_NS };

static void side_init(struct side *s, uint16_t port)
{
	struct key key;

	if (tunnel_init(&s->tunnel, &rng_system, PACKETS * 2) < 0 ||
	    batch_init(&s->batch, PACKETS * 2, ENDS, BYTES) < 0)
		exit(1);
	s->batch.mtu = 1420;
	rng_fill(&rng_system, key.bytes, sizeof(key.bytes));
	admin_private_key(&s->tunnel, &key, now);
	s->at.remote.v4.sin_family = AF_INET;
	s->at.remote.v4.sin_port = htons(port);
	s->at.remote.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
}

static void side_meet(struct side *s, const struct side *other, uint32_t inner)
{
	struct prefix prefix = { .ip.family = AF_INET, .bits = 32 };
	struct peer *peer;

	store_be32(prefix.ip.bytes, inner);
	if (admin_add(&s->tunnel, admin_public_key(&other->tunnel), &peer) < 0 ||
	    admin_allow(&s->tunnel, peer, &prefix) < 0)
		exit(1);
	admin_endpoint(&s->tunnel, peer, &other->at);
	admin_up(&s->tunnel, now);
}

/* What one side has for the network becomes what the other side has from it. */
static void carry(struct side *from, struct side *to)
{
	struct endpoint *end;

	batch_reset(&to->batch);
	end = batch_end(&to->batch);
	*end = from->at;
	for (uint32_t i = 0; i < from->batch.n; i++) {
		const struct pkt *p = &from->batch.pkt[i];
		struct pkt *q;

		if (p->fate != FATE_NET)
			continue;
		q = batch_point(&to->batch, batch_carve(&to->batch, p->len), p->len);
		memcpy(q->data, p->data, p->len);
		q->end = end;
	}
	tunnel_settle(&from->tunnel, &from->batch, now);
}

static void fill(struct side *s, uint32_t n, uint32_t len)
{
	batch_reset(&s->batch);
	for (uint32_t i = 0; i < n; i++) {
		struct pkt *p = batch_add(&s->batch, len);

		p->data[0] = 0x45;
		p->data[1] = 0;
		store_be16(p->data + 2, (uint16_t)len);
		store_be32(p->data + 12, INNER_A);
		store_be32(p->data + 16, INNER_B);
	}
}

static void connect_sides(struct side *a, struct side *b)
{
	fill(a, 1, 100);
	tunnel_seal(&a->tunnel, &a->batch, now); /* initiation */
	carry(a, b);
	tunnel_open(&b->tunnel, &b->batch, now); /* response */
	carry(b, a);
	tunnel_open(&a->tunnel, &a->batch, now); /* confirmation */
	carry(a, b);
	tunnel_open(&b->tunnel, &b->batch, now);
}

static void measure(struct side *a, struct side *b, uint32_t n, uint32_t len)
{
	uint64_t seal = 0, open = 0, packets = 0, begin = clock_ns(), lost = 0;

	while (seal + open < run_ns && clock_ns() - begin < 10 * run_ns) {
		uint64_t t;

		fill(a, n, len);
		t = clock_ns();
		tunnel_seal(&a->tunnel, &a->batch, now);
		seal += clock_ns() - t;
		carry(a, b);
		t = clock_ns();
		tunnel_open(&b->tunnel, &b->batch, now);
		open += clock_ns() - t;
		for (uint32_t i = 0; i < n; i++)
			lost += b->batch.pkt[i].fate != FATE_DEV;
		packets += n;
	}
	printf("%6u %6u %10.1f %10.1f %12.0f %12.0f %8.2f %6llu\n", len, n,
	       (double)seal / (double)packets, (double)open / (double)packets,
	       (double)packets / (double)seal * 1e9, (double)packets / (double)open * 1e9,
	       (double)packets * len * 8 / (double)(seal + open), (unsigned long long)lost);
}

int main(int argc, char **argv)
{
	static const uint32_t sizes[] = { 64, 256, 576, 1024, 1420 }, batches[] = { 1, 8, 45, 128 };
	static struct side a, b;

	if (aead_init(argc > 1 ? argv[1] : NULL) < 0) {
		fprintf(stderr, "bench_core: no such AEAD here: %s\n", argv[1]);
		return 1;
	}
	side_init(&a, 1);
	side_init(&b, 2);
	side_meet(&a, &b, INNER_B);
	side_meet(&b, &a, INNER_A);
	connect_sides(&a, &b);
	printf("core without I/O, %s\n", aead_name());
	printf("%6s %6s %10s %10s %12s %12s %8s %6s\n", "bytes", "batch", "seal ns", "open ns",
	       "sealed/s", "opened/s", "Gbit/s", "lost");
	for (size_t i = 0; i < LEN(sizes); i++) {
		for (size_t k = 0; k < LEN(batches); k++)
			measure(&a, &b, batches[k], sizes[i]);
	}
	tunnel_fini(&a.tunnel);
	tunnel_fini(&b.tunnel);
	batch_fini(&a.batch);
	batch_fini(&b.batch);
	return 0;
}
