/* SPDX-License-Identifier: ISC */
#ifndef CRYPTO_DH_H
#define CRYPTO_DH_H

/* X25519 (RFC 7748). The one place where an all-zero result is refused. */

#include <stdbool.h>

#include "base/key.h"

/* false, and out zero, when the other side's key has low order: give up the handshake. */
bool dh(struct key *out, const struct key *private_key, const struct key *public_key)
	__attribute__((warn_unused_result));
void dh_public(struct key *public_key, const struct key *private_key);

#endif
