/* SPDX-License-Identifier: ISC */
#ifndef CRYPTO_KDF_H
#define CRYPTO_KDF_H

/*
 * HMAC (RFC 2104) over BLAKE2s-256, and the key derivation of the Noise paper 4.3 /
 * whitepaper 5.4.
 */

#include <stddef.h>
#include <stdint.h>

#include "crypto/blake2s.h"

/*
 * KDF_n(key, input): n = 1, 2 or 3 outputs of 32 bytes; t2 and t3 may be NULL
 * when not wanted.  An output may be the memory of the key.
 */
void kdf(uint8_t t1[32], uint8_t *t2, uint8_t *t3, const uint8_t key[32], const void *input,
	 size_t len);

#endif
