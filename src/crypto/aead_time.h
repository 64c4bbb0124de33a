/* SPDX-License-Identifier: ISC */
#ifndef CRYPTO_AEAD_TIME_H
#define CRYPTO_AEAD_TIME_H

/* How fast is a backend? Measured at start, to choose one. */

#include "crypto/aead.h"

enum { AEAD_TIME_SMALL = 64, AEAD_TIME_FULL = 1424 };

/*
 * Nanoseconds to seal or open one packet of len bytes, at most AEAD_TIME_FULL; the minimum
 * over short runs, for a third of a millisecond. UINT32_MAX: no memory. clock: nanoseconds
 * that never go back.
 */
uint32_t aead_time(const struct aead_ops *ops, uint32_t len, uint64_t (*clock)(void));

#endif
