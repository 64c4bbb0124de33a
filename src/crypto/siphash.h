/* SPDX-License-Identifier: ISC */
#ifndef CRYPTO_SIPHASH_H
#define CRYPTO_SIPHASH_H

/* SipHash-2-4 with a random key, for hash tables whose keys a stranger may choose. */

#include <stddef.h>
#include <stdint.h>

struct siphash_key {
	uint8_t bytes[16];
};

uint64_t siphash(const struct siphash_key *key, const void *data, size_t len);

#endif
