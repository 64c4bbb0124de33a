/* SPDX-License-Identifier: ISC */
#ifndef CRYPTO_AEAD_CHECK_H
#define CRYPTO_AEAD_CHECK_H

/* Does a backend give the right answers?  Asked once at start, of each that is usable here. */

#include <stdbool.h>

#include "crypto/aead.h"

/*
 * Known answers over one batch of mixed lengths, keys and nonces; the way back;
 * and refusal of damaged tags and ciphertexts.
 */
bool aead_check(const struct aead_ops *ops);
/* Two backends seal every length of 0 .. 319 alike, each opens the other's. */
bool aead_check_alike(const struct aead_ops *a, const struct aead_ops *b);

#endif
