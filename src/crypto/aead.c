/* SPDX-License-Identifier: ISC */
#include "crypto/aead.h"

#include <errno.h>
#include <sodium.h>

#include "base/bytes.h"
#include "crypto/aead_check.h"
#include "crypto/aead_sodium.h"

_Static_assert(AEAD_TAG == crypto_aead_chacha20poly1305_ietf_ABYTES, "tag size");
_Static_assert(KEY_LEN == crypto_aead_chacha20poly1305_ietf_KEYBYTES, "key size");

/* The best first. The last is the plain one that the others are compared with. */
static const struct aead_ops *const backends[] = { &aead_sodium };

/* Set once, at start. */
static const struct aead_ops *chosen = &aead_sodium;

int aead_init(const char *name)
{
	const struct aead_ops *reference = backends[LEN(backends) - 1], *best = NULL;
	size_t i;

	/* Also the handshake's and the cookie's primitives want libsodium ready. */
	if (sodium_init() < 0)
		return -EIO;
	for (i = 0; i < LEN(backends); i++) {
		const struct aead_ops *ops = backends[i];

		if (!ops->usable())
			continue;
		if (!aead_check(ops))
			return -EIO;
		if (ops != reference && !aead_check_alike(ops, reference))
			return -EIO;
		if (!best && (!name || strcmp(name, ops->name) == 0))
			best = ops;
	}
	if (!best)
		return -ENOENT;
	chosen = best;
	return 0;
}

const char *aead_name(void)
{
	return chosen->name;
}

const struct aead_ops *aead_backend(size_t i)
{
	return i < LEN(backends) ? backends[i] : NULL;
}

bool aead_key_init(struct aead_key *key, const uint8_t bytes[KEY_LEN])
{
	memcpy(key->bytes, bytes, KEY_LEN);
	key->ctx = NULL;
	if (chosen->key_init(key))
		return true;
	wipe(key, sizeof(*key));
	return false;
}

void aead_key_fini(struct aead_key *key)
{
	chosen->key_fini(key);
	wipe(key, sizeof(*key));
}

void aead_seal(struct aead_job *jobs, size_t n)
{
	chosen->seal(jobs, n);
}

void aead_open(struct aead_job *jobs, size_t n)
{
	chosen->open(jobs, n);
}

void aead_seal_one(uint8_t *out, const uint8_t *in, size_t len, const uint8_t *ad, size_t ad_len,
		   uint64_t nonce, const uint8_t key[KEY_LEN])
{
	uint8_t full[crypto_aead_chacha20poly1305_ietf_NPUBBYTES] = { 0 };

	store_le64(full + 4, nonce);
	crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, in, len, ad, ad_len, NULL, full, key);
}

bool aead_open_one(uint8_t *out, const uint8_t *in, size_t len, const uint8_t *ad, size_t ad_len,
		   uint64_t nonce, const uint8_t key[KEY_LEN])
{
	uint8_t full[crypto_aead_chacha20poly1305_ietf_NPUBBYTES] = { 0 };

	if (len < AEAD_TAG)
		return false;
	store_le64(full + 4, nonce);
	if (crypto_aead_chacha20poly1305_ietf_decrypt(out, NULL, NULL, in, len, ad, ad_len, full,
						      key) == 0)
		return true;
	wipe(out, len - AEAD_TAG);
	return false;
}
