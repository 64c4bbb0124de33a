/* SPDX-License-Identifier: ISC */
#ifndef CRYPTO_KEYGEN_H
#define CRYPTO_KEYGEN_H

/*
 * New long-term keys, for files.  None of them is a key_is_placeholder(), which no host
 * would accept.
 */

#include "base/key.h"
#include "crypto/rng.h"

void keygen_pair(struct key *private_key, struct key *public_key, const struct rng *c);
void keygen_psk(struct key *psk, const struct rng *c);

#endif
