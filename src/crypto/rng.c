/* SPDX-License-Identifier: ISC */
#include "crypto/rng.h"

#include <sodium.h>

#include "base/bytes.h"

/*
 * With a fair source, more tries than this happen less than once in 2^64; a broken or scripted
 * one must not make us loop forever.
 */
enum { CHANCE_TRIES = 64 };

/*
 * Jitter and indices take a few bytes at a time, sometimes as often as data changes direction:
 * these come from a buffer, to save system calls. Keys and nonces do not. Bytes that were used
 * are wiped.
 */
enum { STOCK = 512, SMALL = 8 };

static uint8_t stock[STOCK];
static size_t left;

static void fill(void *ctx, void *out, size_t len)
{
	(void)ctx;
	if (len > SMALL) {
		randombytes_buf(out, len);
		return;
	}
	if (left < len) {
		randombytes_buf(stock, STOCK);
		left = STOCK;
	}
	left -= len;
	memcpy(out, stock + left, len);
	wipe(stock + left, len);
}

const struct rng rng_system = { .fill = fill };

void rng_fill(const struct rng *c, void *out, size_t len)
{
	c->fill(c->ctx, out, len);
}

uint32_t rng_u32(const struct rng *c)
{
	uint8_t bytes[4];

	rng_fill(c, bytes, sizeof(bytes));
	return load_le32(bytes);
}

uint32_t rng_below(const struct rng *c, uint32_t bound)
{
	/* Numbers from here on are rejected: what remains is a multiple of bound. */
	uint64_t end = (UINT64_C(1) << 32) - (UINT64_C(1) << 32) % bound;
	uint32_t value, tries = 0;

	do
		value = rng_u32(c);
	while (value >= end && ++tries < CHANCE_TRIES);
	return value % bound;
}
