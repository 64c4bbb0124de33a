/* SPDX-License-Identifier: ISC */
#include "crypto/aead_openssl.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "base/bytes.h"

enum { NONCE_LEN = 12 };

/* Looked up once: it takes locks, and much longer than a packet. */
static EVP_CIPHER *cipher;

static bool openssl_usable(const char **why)
{
	/* Ignore the settings of openssl.cnf and the environment. */
	const uint64_t bare = OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS;

	*why = "libcrypto has no ChaCha20-Poly1305 here";
	if (!cipher && OPENSSL_init_crypto(bare, NULL))
		cipher = EVP_CIPHER_fetch(NULL, "ChaCha20-Poly1305", NULL);
	return cipher;
}

/* Once it has a key, a context only needs a nonce per packet. */
static bool openssl_key_init(struct aead_key *key)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	key->ctx = NULL;
	if (!ctx)
		return false;
	if (!EVP_EncryptInit_ex2(ctx, cipher, key->bytes, NULL, NULL)) {
		EVP_CIPHER_CTX_free(ctx);
		return false;
	}
	key->ctx = ctx;
	return true;
}

static void openssl_key_fini(struct aead_key *key)
{
	EVP_CIPHER_CTX_free(key->ctx);
	key->ctx = NULL;
}

static OSSL_PARAM param_tag(uint8_t *tag)
{
	return OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag, AEAD_TAG);
}

static bool seal(const struct aead_job *job, const uint8_t nonce[NONCE_LEN])
{
	uint8_t *tag = job->data + job->len;
	OSSL_PARAM get[] = { param_tag(tag), OSSL_PARAM_construct_end() };
	EVP_CIPHER_CTX *ctx = job->key->ctx;
	int len;

	return job->len <= INT_MAX && EVP_EncryptInit_ex2(ctx, NULL, NULL, nonce, NULL) &&
	       EVP_EncryptUpdate(ctx, job->data, &len, job->data, (int)job->len) &&
	       EVP_EncryptFinal_ex(ctx, tag, &len) && EVP_CIPHER_CTX_get_params(ctx, get);
}

static bool open(const struct aead_job *job, const uint8_t nonce[NONCE_LEN])
{
	uint8_t *tag = job->data + job->len - AEAD_TAG;
	OSSL_PARAM set[] = { param_tag(tag), OSSL_PARAM_construct_end() };
	EVP_CIPHER_CTX *ctx = job->key->ctx;
	int len;

	return EVP_DecryptInit_ex2(ctx, NULL, NULL, nonce, set) &&
	       EVP_DecryptUpdate(ctx, job->data, &len, job->data, (int)(job->len - AEAD_TAG)) &&
	       EVP_DecryptFinal_ex(ctx, tag, &len) > 0;
}

static void openssl_seal(struct aead_job *jobs, size_t n)
{
	uint8_t nonce[NONCE_LEN] = { 0 };
	size_t i;

	for (i = 0; i < n; i++) {
		struct aead_job *job = &jobs[i];

		store_le64(nonce + 4, job->nonce);
		/* Better a packet that the peer refuses than one that is not encrypted. */
		if (!seal(job, nonce))
			wipe(job->data, (size_t)job->len + AEAD_TAG);
	}
}

static void openssl_open(struct aead_job *jobs, size_t n)
{
	uint8_t nonce[NONCE_LEN] = { 0 };
	size_t i;

	for (i = 0; i < n; i++) {
		struct aead_job *job = &jobs[i];

		store_le64(nonce + 4, job->nonce);
		job->authentic = job->len >= AEAD_TAG && job->len <= INT_MAX && open(job, nonce);
		if (!job->authentic)
			wipe(job->data, job->len);
	}
}

const struct aead_ops aead_openssl = {
	.name = AEADNAME_OPENSSL,
	.usable = openssl_usable,
	.key_init = openssl_key_init,
	.key_fini = openssl_key_fini,
	.seal = openssl_seal,
	.open = openssl_open,
};
