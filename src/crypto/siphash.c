/* SPDX-License-Identifier: ISC */
#include "crypto/siphash.h"

#include <sodium.h>

#include "base/bytes.h"

_Static_assert(sizeof(struct siphash_key) == crypto_shorthash_siphash24_KEYBYTES, "key size");

uint64_t siphash(const struct siphash_key *key, const void *data, size_t len)
{
	uint8_t out[crypto_shorthash_siphash24_BYTES];

	crypto_shorthash_siphash24(out, data, len, key->bytes);
	return load_le64(out);
}
