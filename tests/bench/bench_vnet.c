/* SPDX-License-Identifier: ISC */
/*
 * What the offloads of the device cost without the device: checksums, splitting
 * a large packet into segments, joining segments into a large packet.  All of it in
 * memory that stays in the caches, as in the daemon.
 *
 *   bench_vnet               prints tables; asserts nothing
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/bytes.h"
#include "io/vnet.h"

enum {
	BIG = 64 << 10,
	SEGMENT = 1344,
	PACKETS = 256,
	RUNS = 15,
	IP4 = 20,
	TCP = 32, /* with timestamps */
	UDP = 8,
	TCP_PROTOCOL = 6,
	UDP_PROTOCOL = 17,
	ACK = 0x10,
};

static const uint64_t run_ns = 3000000;

/* A stream as a device would give it: flows of big packets, taken in turns. */
struct load {
	const char *name;
	bool tcp;
	uint32_t flows, segments, size;
};

static const struct load loads[] = {
	{ "tcp, 1 flow", true, 1, 46, 1368 },    { "tcp, 4 flows", true, 4, 46, 1368 },
	{ "tcp, 46 flows", true, 46, 46, 1368 }, { "tcp, pairs", true, 1, 2, 1368 },
	{ "udp, 1 flow", false, 1, 45, 1392 },   { "udp, 64 bytes", false, 1, 64, 64 },
};

struct work {
	const struct csum *csum;
	const struct load *load;
	uint8_t head[VNET_HDR + IP4 + TCP]; /* of the big packet, as read */
	struct batch batch;
	uint64_t bytes, packets;
};

static uint8_t big[VNET_HDR + BIG], other[BIG];
static struct vnet_merge merge;
static uint64_t breaks[VNET_BREAKS];

static uint64_t clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Nanoseconds of one turn: the median of some runs. */
static double measure(void (*turn)(struct work *), struct work *w)
{
	double values[RUNS];

	for (size_t r = 0; r < RUNS; r++) {
		uint64_t begin = clock_ns(), now;
		uint64_t turns = 0;

		w->bytes = w->packets = 0;
		do {
			for (int i = 0; i < 16; i++)
				turn(w);
			turns += 16;
			now = clock_ns();
		} while (now - begin < run_ns);
		values[r] = (double)(now - begin) / (double)turns;
		w->bytes /= turns;
		w->packets /= turns;
	}
	qsort(values, RUNS, sizeof(*values), compare);
	return values[RUNS / 2];
}

/* --- checksums --- */

static volatile uint64_t sink;

static void add_big(struct work *w)
{
	sink = w->csum->add(0, big, BIG);
	w->bytes += BIG;
}

static void add_segments(struct work *w)
{
	for (size_t at = 0; at + SEGMENT <= BIG; at += SEGMENT) {
		sink = w->csum->add(0, big + at, SEGMENT);
		w->bytes += SEGMENT;
	}
}

static void copy_segments(struct work *w)
{
	for (size_t at = 0; at + SEGMENT <= BIG; at += SEGMENT) {
		sink = w->csum->copy(0, other + at, big + at, SEGMENT);
		w->bytes += SEGMENT;
	}
}

static void move_segments(struct work *w)
{
	for (size_t at = 0; at + SEGMENT <= BIG; at += SEGMENT) {
		memcpy(other + at, big + at, SEGMENT);
		sink = other[at];
		w->bytes += SEGMENT;
	}
}

static void print_rate(const char *name, const char *what, void (*turn)(struct work *),
		       struct work *w)
{
	double ns = measure(turn, w);

	printf("%-10s %-28s %12.0f %8.1f\n", name, what, ns * BIG / (double)w->bytes,
	       (double)w->bytes / ns);
}

static void print_checksums(void)
{
	const struct csum *const ways[] = { &csum_portable, csum_avx2() };
	struct work w = { 0 };

	printf("checksum alone\n%-10s %-28s %12s %8s\n", "", "", "ns/64 KiB", "GB/s");
	print_rate("memcpy", "48 x 1344 bytes", move_segments, &w);
	for (size_t i = 0; i < LEN(ways); i++) {
		if (!ways[i])
			continue;
		w.csum = ways[i];
		print_rate(w.csum->name, "sum, 65536 bytes", add_big, &w);
		print_rate(w.csum->name, "sum, 48 x 1344 bytes", add_segments, &w);
		print_rate(w.csum->name, "copy and sum, 48 x 1344", copy_segments, &w);
	}
}

/* --- big packets --- */

static uint32_t headers(const struct load *l)
{
	return IP4 + (l->tcp ? TCP : UDP);
}

/* One big packet with the virtio header that a kernel would put in front. */
static void make_big(const struct load *l, uint32_t flow, uint32_t seq)
{
	uint32_t len = headers(l) + l->segments * l->size;
	struct vnet_hdr vh = {
		.flags = VNET_NEEDS_CSUM,
		.type = l->tcp ? VNET_TCP4 : VNET_UDP,
		.header = (uint16_t)headers(l),
		.size = (uint16_t)l->size,
		.start = IP4,
		.offset = l->tcp ? 16 : 6,
	};
	uint8_t *ip = big + VNET_HDR, *l4 = ip + IP4;
	uint16_t pseudo;

	memcpy(big, &vh, sizeof(vh));
	memset(ip, 0, headers(l));
	ip[0] = 0x45;
	store_be16(ip + 2, (uint16_t)len);
	ip[6] = 0x40; /* DF */
	ip[8] = 64;
	ip[9] = l->tcp ? TCP_PROTOCOL : UDP_PROTOCOL;
	store_be32(ip + 12, 0x0a000001);
	store_be32(ip + 16, 0x0a000002);
	store_be16(l4, (uint16_t)(40000 + flow));
	store_be16(l4 + 2, 5201);
	if (l->tcp) {
		store_be32(l4 + 4, seq);
		store_be32(l4 + 8, 1);
		l4[12] = TCP / 4 << 4;
		l4[13] = ACK;
		store_be16(l4 + 14, 500);
		store_be32(l4 + 20, 0x0101080a); /* two NOPs, timestamps */
	} else {
		store_be16(l4 + 4, (uint16_t)(len - IP4));
	}
	pseudo = csum_fold(csum_portable.add(csum_be16(ip[9]) + csum_be16(len - IP4), ip + 12, 8));
	memcpy(l4 + vh.offset, &pseudo, sizeof(pseudo));
	pseudo = (uint16_t)~csum_fold(csum_portable.add(0, ip, IP4));
	memcpy(ip + 10, &pseudo, sizeof(pseudo));
}

static uint32_t big_len(const struct load *l)
{
	return VNET_HDR + headers(l) + l->segments * l->size;
}

static void split_one(struct work *w)
{
	struct vnet_split s = { 0 };

	/* Splitting writes to the headers. */
	memcpy(big, w->head, sizeof(w->head));
	batch_reset(&w->batch);
	if (vnet_split_begin(&s, w->csum, big, big_len(w->load), 0) < 0)
		exit(1);
	w->packets += vnet_split_more(&s, w->csum, &w->batch, PACKETS);
	w->bytes += big_len(w->load) - VNET_HDR;
}

static void print_split(struct work *w)
{
	printf("\nsplit alone: one big packet into segments, checksums included (%s)\n"
	       "%-16s %8s %8s %10s %8s %12s %8s\n",
	       w->csum->name, "", "segments", "bytes", "ns", "ns/seg", "ns/64 KiB", "GB/s");
	for (size_t i = 0; i < LEN(loads); i++) {
		double ns;

		w->load = &loads[i];
		if (w->load->flows > 1)
			continue;
		make_big(w->load, 0, 1);
		memcpy(w->head, big, sizeof(w->head));
		ns = measure(split_one, w);
		printf("%-16s %8llu %8llu %10.0f %8.1f %12.0f %8.1f\n", w->load->name,
		       (unsigned long long)w->packets, (unsigned long long)w->bytes, ns,
		       ns / (double)w->packets, ns * BIG / (double)w->bytes, (double)w->bytes / ns);
	}
}

/* --- and back --- */

/* The segments of each flow, taken in turns as a busy receiver would get them. */
static void fill(struct work *w)
{
	const struct load *l = w->load;
	uint32_t rounds = l->segments / l->flows, count;

	batch_reset(&w->batch);
	for (uint32_t round = 0; round < rounds; round++) {
		for (uint32_t flow = 0; flow < l->flows; flow++) {
			struct load one = *l;
			struct vnet_split s = { 0 };

			one.segments = 1;
			make_big(&one, flow, 1 + round * l->size);
			if (vnet_split_begin(&s, w->csum, big, big_len(&one), 0) < 0)
				exit(1);
			vnet_split_more(&s, w->csum, &w->batch, 1);
		}
	}
	count = w->batch.n;
	for (uint32_t i = 0; i < count; i++)
		w->batch.pkt[i].fate = FATE_DEV;
}

static uint64_t writes;

static void merge_one(struct work *w)
{
	struct vnet_out out;

	for (uint32_t from = 0; from < w->batch.n; from = merge.after) {
		vnet_merge_plan(&merge, w->csum, &w->batch, from, VNET_JOIN_TCP | VNET_JOIN_UDP,
				breaks);
		while (vnet_write_next(&merge, &w->batch, &out)) {
			for (unsigned i = 1; i < out.n_iov; i++)
				w->bytes += out.iov[i].iov_len;
			w->packets += out.n;
			writes++;
		}
	}
}

static void print_merge(struct work *w)
{
	printf("\nmerge alone: segments into big packets, checksums verified (%s)\n"
	       "%-16s %8s %8s %10s %8s %12s %8s\n",
	       w->csum->name, "", "packets", "writes", "ns", "ns/pkt", "ns/64 KiB", "GB/s");
	for (size_t i = 0; i < LEN(loads); i++) {
		double ns, bytes;

		w->load = &loads[i];
		fill(w);
		writes = 0;
		merge_one(w);
		printf("%-16s %8u %8llu", w->load->name, w->batch.n, (unsigned long long)writes);
		bytes = 0;
		for (uint32_t k = 0; k < w->batch.n; k++)
			bytes += w->batch.pkt[k].len;
		ns = measure(merge_one, w);
		printf(" %10.0f %8.1f %12.0f %8.1f\n", ns, ns / w->batch.n, ns * BIG / bytes,
		       bytes / ns);
	}
}

int main(void)
{
	struct work w = { .csum = csum_best() };

	if (batch_init(&w.batch, PACKETS, 1, PACKETS * 2048) < 0)
		return 1;
	w.batch.mtu = 1420;
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (uint8_t)(i * 7 + i / 251);
	print_checksums();
	print_split(&w);
	print_merge(&w);
	batch_fini(&w.batch);
	return 0;
}
