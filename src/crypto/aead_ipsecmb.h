/* SPDX-License-Identifier: ISC */
#ifndef CRYPTO_AEAD_IPSECMB_H
#define CRYPTO_AEAD_IPSECMB_H

/*
 * The backend on intel-ipsec-mb: x86-64 with AES-NI only, and by far the fastest with AVX-512.
 *
 * The library's manager is not thread-safe, so each thread has one.  After fork() the
 * child must call begin() again before it uses the backend.
 */

#include "crypto/aead.h"

extern const struct aead_ops aead_ipsecmb;

/*
 * For tests: run the code for an older CPU, "sse", "avx", "avx2" or "avx512"; NULL: the best
 * again. false: not on this CPU, or not in this build; the best is then in use.
 */
bool aead_ipsecmb_limit(const char *arch);

#endif
