/* SPDX-License-Identifier: ISC */
#ifndef SIM_RNG_H
#define SIM_RNG_H

/* Chance that repeats: SplitMix64 (Steele, Lea, Flood 2014). One state per purpose. */

#include <stddef.h>
#include <stdint.h>

struct rng {
	uint64_t state;
};

static inline uint64_t rng_next(struct rng *r)
{
	uint64_t z = (r->state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static inline uint64_t rng_below(struct rng *r, uint64_t bound)
{
	return bound ? rng_next(r) % bound : 0;
}

/* true in `parts` of a million cases. */
static inline int rng_ppm(struct rng *r, uint32_t parts)
{
	return rng_below(r, 1000000) < parts;
}

static inline void rng_fill(void *rng, void *out, size_t len)
{
	uint8_t *p = out;

	for (size_t i = 0; i < len; i++)
		p[i] = (uint8_t)(rng_next(rng) >> 32);
}

#endif
