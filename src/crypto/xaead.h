/* SPDX-License-Identifier: ISC */
#ifndef CRYPTO_XAEAD_H
#define CRYPTO_XAEAD_H

/* XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03), for cookies. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { XAEAD_NONCE = 24, XAEAD_TAG = 16 };

/* out: len + 16 bytes, not overlapping in. */
void xaead_seal(uint8_t *out, const uint8_t *in, size_t len, const uint8_t *ad, size_t ad_len,
		const uint8_t nonce[XAEAD_NONCE], const uint8_t key[32]);
/* len counts the tag, at least 16; out: len - 16 bytes. false: not authentic, out wiped. */
bool xaead_open(uint8_t *out, const uint8_t *in, size_t len, const uint8_t *ad, size_t ad_len,
		const uint8_t nonce[XAEAD_NONCE], const uint8_t key[32])
	__attribute__((warn_unused_result));

#endif
