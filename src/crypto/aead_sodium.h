/* SPDX-License-Identifier: ISC */
#ifndef CRYPTO_AEAD_SODIUM_H
#define CRYPTO_AEAD_SODIUM_H

/* The backend that is always available: libsodium, one packet after the other. */

#include "crypto/aead.h"

extern const struct aead_ops aead_sodium;

#endif
