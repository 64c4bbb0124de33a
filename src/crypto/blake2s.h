/* SPDX-License-Identifier: ISC */
#ifndef CRYPTO_BLAKE2S_H
#define CRYPTO_BLAKE2S_H

/* BLAKE2s (RFC 7693), plain and keyed. libsodium has BLAKE2b only. */

#include <stddef.h>
#include <stdint.h>

enum { BLAKE2S_LEN = 32, BLAKE2S_BLOCK = 64, BLAKE2S_KEY_MAX = 32 };

struct blake2s {
	uint32_t h[8];
	uint64_t t; /* bytes hashed so far */
	uint8_t buf[BLAKE2S_BLOCK];
	uint32_t fill; /* bytes of buf in use */
	uint32_t out_len;
};

/* out_len 1..32; key_len 0..32 (key may be NULL if 0). */
void blake2s_init(struct blake2s *s, size_t out_len, const void *key, size_t key_len);
void blake2s_add(struct blake2s *s, const void *data, size_t len);
/* Writes out_len bytes and wipes the state. */
void blake2s_end(struct blake2s *s, void *out);

/* All at once. */
void blake2s(void *out, size_t out_len, const void *key, size_t key_len, const void *data,
	     size_t len);

#endif
