/* SPDX-License-Identifier: ISC */
#ifndef CRYPTO_AEAD_OPENSSL_H
#define CRYPTO_AEAD_OPENSSL_H

/*
 * The backend on OpenSSL's libcrypto: good assembly for most CPUs, some overhead per packet.
 * Its copy of a key is in the library's own memory, which is not locked, but is there only while
 * packets are sealed or opened. aead_thread_rest() also wipes what the last ones left.
 */

#include "crypto/aead.h"

extern const struct aead_ops aead_openssl;

#endif
