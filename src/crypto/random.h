/* SPDX-License-Identifier: ISC */
#ifndef CRYPTO_RANDOM_H
#define CRYPTO_RANDOM_H

/*
 * Chance as a value that is handed in: the daemon passes random_system, a test
 * passes its own, seeded one, and a handshake replays byte for byte.
 */

#include <stddef.h>
#include <stdint.h>

struct chance {
	void (*fill)(void *ctx, void *out, size_t len);
	void *ctx;
};

/* The system's generator, through libsodium. */
extern const struct chance random_system;

void chance_fill(const struct chance *c, void *out, size_t len);
uint32_t chance_u32(const struct chance *c);
/* Uniform in 0 .. bound - 1, without bias; bound > 0. */
uint32_t chance_below(const struct chance *c, uint32_t bound);

#endif
