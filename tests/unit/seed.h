/* SPDX-License-Identifier: ISC */
#ifndef UNIT_SEED_H
#define UNIT_SEED_H

/*
 * Chance that repeats itself: a small generator (splitmix64) for property tests,
 * also as the struct rng that the rooms of taut ask for.  The seed is a
 * constant of the test, so a failure shows again at the next run.
 */

#include <stddef.h>
#include <stdint.h>

#include "crypto/rng.h"

struct seed {
	uint64_t state;
};

static inline uint64_t seed_next(struct seed *s)
{
	uint64_t z = s->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* 0 .. bound - 1; the small bias does not matter here. */
static inline uint32_t seed_below(struct seed *s, uint32_t bound)
{
	return (uint32_t)(seed_next(s) % bound);
}

static inline void seed_fill(void *ctx, void *out, size_t len)
{
	uint8_t *bytes = out;

	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)seed_next(ctx);
}

static inline struct rng seed_chance(struct seed *s)
{
	return (struct rng){ .fill = seed_fill, .ctx = s };
}

#endif
