/* SPDX-License-Identifier: ISC */
#ifndef CRYPTO_AEAD_CHECK_H
#define CRYPTO_AEAD_CHECK_H

/* Does a backend give the right answers? Checked once at start, for each usable one. */

#include <stdbool.h>

#include "crypto/aead.h"

/*
 * Known answers over one batch of mixed lengths, keys and nonces; the way back;
 * and refusal of damaged tags and ciphertexts.
 */
bool aead_check(const struct aead_ops *ops);
/*
 * It seals packets of 0 .. 2048 bytes as the reference does, and opens what the reference
 * sealed.
 */
bool aead_check_alike(const struct aead_ops *ops, const struct aead_ops *reference);

#endif
