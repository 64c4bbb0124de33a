/* SPDX-License-Identifier: ISC */
#include "crypto/keygen.h"

#include "crypto/dh.h"

void keygen_pair(struct key *private_key, struct key *public_key, const struct rng *c)
{
	do {
		rng_fill(c, private_key->bytes, KEY_LEN);
		key_clamp(private_key);
		dh_public(public_key, private_key);
	} while (key_is_placeholder(private_key) || key_is_placeholder(public_key));
}

void keygen_psk(struct key *psk, const struct rng *c)
{
	do {
		rng_fill(c, psk->bytes, KEY_LEN);
	} while (key_is_placeholder(psk));
}
