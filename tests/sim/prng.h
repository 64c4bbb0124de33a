/* SPDX-License-Identifier: ISC */
#ifndef SIM_PRNG_H
#define SIM_PRNG_H

/* Reproducible randomness: SplitMix64 (Steele, Lea, Flood 2014). One state per purpose. */

#include <stddef.h>
#include <stdint.h>

struct prng {
	uint64_t state;
};

static inline uint64_t prng_next(struct prng *r)
{
	uint64_t z = (r->state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static inline uint64_t prng_below(struct prng *r, uint64_t bound)
{
	return bound ? prng_next(r) % bound : 0;
}

/* true in `parts` of a million cases. */
static inline int prng_ppm(struct prng *r, uint32_t parts)
{
	return prng_below(r, 1000000) < parts;
}

static inline void prng_fill(void *prng, void *out, size_t len)
{
	uint8_t *p = out;

	for (size_t i = 0; i < len; i++)
		p[i] = (uint8_t)(prng_next(prng) >> 32);
}

#endif
