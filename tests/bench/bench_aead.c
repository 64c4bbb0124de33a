/* SPDX-License-Identifier: ISC */
/*
 * The AEAD backends by packet size: nanoseconds a packet and gigabytes a second,
 * to seal and to open; the median of several runs, interleaved so that a
 * disturbance affects all backends alike.
 *
 *   bench_aead [NAME]        that backend alone, on each path that this CPU has
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/bytes.h"
#include "crypto/aead.h"
#include "crypto/aead_ipsecmb.h"

enum { BATCH = 48, RUNS = 15, COLUMNS = 8, BYTES_MAX = 8192, RUN_NS = 2000000 };

static const uint32_t sizes[] = { 0, 64, 256, 512, 1024, 1424, 8192 };

/* One column of the table. */
struct column {
	const struct aead_ops *ops;
	const char *arch; /* of ipsec-mb; NULL: the best */
	char title[32];
	double seal[RUNS], open[RUNS]; /* ns a packet */
};

static struct column columns[COLUMNS];
static size_t n_columns;
static uint8_t data[BATCH][BYTES_MAX + AEAD_TAG];
static struct aead_job jobs[BATCH];

static uint64_t clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void add_column(const struct aead_ops *ops, const char *arch)
{
	struct column *c = &columns[n_columns];

	if (n_columns == COLUMNS || (arch && !aead_ipsecmb_limit(arch)))
		return;
	c->ops = ops;
	c->arch = arch;
	snprintf(c->title, sizeof(c->title), "%s%s%s", ops->name, arch ? " " : "",
		 arch ? arch : "");
	n_columns++;
}

static void set_lens(uint32_t len)
{
	size_t i;

	for (i = 0; i < BATCH; i++)
		jobs[i].len = len;
}

/* Batches for a short time: first sealed, then opened, like a packet on its path. */
static void run(struct column *c, uint32_t len, size_t at)
{
	struct key key = { .bytes = { 1, 2, 3 } };
	uint64_t sealed = 0, opened = 0, t0, t1;
	size_t n = 0, i;

	if (c->ops == &aead_ipsecmb)
		aead_ipsecmb_limit(c->arch);
	for (i = 0; i < BATCH; i++)
		jobs[i] = (struct aead_job){ .key = &key, .nonce = i, .data = data[i] };
	while (sealed + opened < RUN_NS) {
		set_lens(len);
		t0 = clock_ns();
		c->ops->seal(jobs, BATCH);
		t1 = clock_ns();
		sealed += t1 - t0;
		set_lens(len + AEAD_TAG);
		t0 = clock_ns();
		c->ops->open(jobs, BATCH);
		t1 = clock_ns();
		opened += t1 - t0;
		n += BATCH;
	}
	c->seal[at] = (double)sealed / (double)n;
	c->open[at] = (double)opened / (double)n;
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double median(double *values)
{
	qsort(values, RUNS, sizeof(*values), compare);
	return values[RUNS / 2];
}

static void print_row(uint32_t len)
{
	size_t i;

	printf("%6u", len);
	for (i = 0; i < n_columns; i++) {
		double seal = median(columns[i].seal), open = median(columns[i].open);

		printf("  %6.0f %6.0f %6.2f", seal, open, 2 * len / (seal + open));
	}
	putchar('\n');
}

static void print_table(void)
{
	size_t i, s, r;

	printf("%6s", "");
	for (i = 0; i < n_columns; i++)
		printf("  %-20s", columns[i].title);
	printf("\n%6s", "bytes");
	for (i = 0; i < n_columns; i++)
		printf("  %6s %6s %6s", "seal", "open", "GB/s");
	putchar('\n');
	for (s = 0; s < LEN(sizes); s++) {
		for (r = 0; r < RUNS; r++) {
			for (i = 0; i < n_columns; i++)
				run(&columns[i], sizes[s], r);
		}
		print_row(sizes[s]);
	}
}

int main(int argc, char **argv)
{
	static const char *const archs[] = { "avx512", "avx2", "avx", "sse" };
	const char *name = argc > 1 ? argv[1] : NULL, *why;
	uint64_t began = clock_ns();
	const struct aead_ops *ops;
	size_t i;

	if (aead_init(name) < 0) {
		fprintf(stderr, "bench_aead: %s: %s\n", name ? name : "auto",
			name ? aead_lacks(name) : "the self-test fails");
		return 1;
	}
	printf("AEAD: ChaCha20-Poly1305, ns a packet; checked in %.1f ms,",
	       (double)(clock_ns() - began) / 1e6);
	began = clock_ns();
	aead_measure(clock_ns);
	printf(" measured in %.1f ms, would take %s\n", (double)(clock_ns() - began) / 1e6,
	       aead_name());
	for (i = 0; (ops = aead_backend(i)); i++) {
		if ((name && strcmp(name, ops->name) != 0) || !ops->begin(&why))
			continue;
		add_column(ops, NULL);
	}
	for (i = 0; name && columns[0].ops == &aead_ipsecmb && i < LEN(archs); i++)
		add_column(&aead_ipsecmb, archs[i]);
	print_table();
	return 0;
}
