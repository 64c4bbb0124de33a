/* SPDX-License-Identifier: ISC */
#include "crypto/aead_sodium.h"

#include <sodium.h>

#include "base/bytes.h"

enum { NONCE_LEN = crypto_aead_chacha20poly1305_ietf_NPUBBYTES };

static bool sodium_begin(const char **why)
{
	*why = "it cannot be initialised";
	return sodium_init() >= 0; /* 1: already initialised */
}

static void sodium_seal(struct aead_job *jobs, size_t n)
{
	uint8_t nonce[NONCE_LEN] = { 0 };
	size_t i;

	for (i = 0; i < n; i++) {
		struct aead_job *job = &jobs[i];

		store_le64(nonce + 4, job->nonce);
		crypto_aead_chacha20poly1305_ietf_encrypt(job->data, NULL, job->data, job->len,
							  NULL, 0, NULL, nonce, job->key->bytes);
	}
}

static void sodium_open(struct aead_job *jobs, size_t n)
{
	uint8_t nonce[NONCE_LEN] = { 0 };
	size_t i;

	for (i = 0; i < n; i++) {
		struct aead_job *job = &jobs[i];

		store_le64(nonce + 4, job->nonce);
		job->authentic = job->len >= AEAD_TAG &&
				 crypto_aead_chacha20poly1305_ietf_decrypt(
					 job->data, NULL, NULL, job->data, job->len, NULL, 0, nonce,
					 job->key->bytes) == 0;
	}
}

const struct aead_ops aead_sodium = {
	.name = AEADNAME_SODIUM,
	.begin = sodium_begin,
	.seal = sodium_seal,
	.open = sodium_open,
};
