/* SPDX-License-Identifier: ISC */
#include "crypto/dh.h"

#include <sodium.h>

#include "base/bytes.h"

bool dh(struct key *out, const struct key *private_key, const struct key *public_key)
{
	struct key shared = { 0 };
	bool ok;

	/*
	 * libsodium refuses the points of low order that it knows, but the result is what
	 * counts.
	 */
	ok = crypto_scalarmult_curve25519(shared.bytes, private_key->bytes, public_key->bytes) == 0;
	ok = ok && !key_is_zero(&shared);
	if (!ok)
		wipe(&shared, sizeof(shared));
	*out = shared;
	wipe(&shared, sizeof(shared));
	return ok;
}

void dh_public(struct key *public_key, const struct key *private_key)
{
	struct key made = { 0 };

	/* Cannot fail: the base point has no low order and the scalar is clamped inside. */
	(void)crypto_scalarmult_curve25519_base(made.bytes, private_key->bytes);
	*public_key = made;
}
