/* SPDX-License-Identifier: ISC */
#ifndef CRYPTO_RNG_H
#define CRYPTO_RNG_H

/*
 * Randomness as an argument: the daemon passes rng_system; a test passes its own, seeded
 * source, so that a handshake replays byte for byte.
 */

#include <stddef.h>
#include <stdint.h>

struct rng {
	void (*fill)(void *ctx, void *out, size_t len);
	void *ctx;
};

/* The system's generator, through libsodium. */
extern const struct rng rng_system;

void rng_fill(const struct rng *c, void *out, size_t len);
uint32_t rng_u32(const struct rng *c);
/* Uniform in 0 .. bound - 1, without bias; bound > 0. */
uint32_t rng_below(const struct rng *c, uint32_t bound);

#endif
