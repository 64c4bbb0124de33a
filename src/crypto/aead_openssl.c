/* SPDX-License-Identifier: ISC */
#include "crypto/aead_openssl.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "base/bytes.h"

enum { NONCE_LEN = 12 };

/* Looked up once, before there are threads: it takes locks, and much longer than a packet. */
static EVP_CIPHER *cipher;
/* The thread's own. */
static _Thread_local EVP_CIPHER_CTX *ctx;

static bool look_up(void)
{
	/* What openssl.cnf and the environment ask for is not meant for us. */
	const uint64_t bare = OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS;

	if (!cipher && OPENSSL_init_crypto(bare, NULL))
		cipher = EVP_CIPHER_fetch(NULL, "ChaCha20-Poly1305", NULL);
	return cipher;
}

static void openssl_end(void)
{
	EVP_CIPHER_CTX_free(ctx);
	ctx = NULL;
}

static bool openssl_begin(const char **why)
{
	*why = "libcrypto has no ChaCha20-Poly1305 here";
	if (!look_up())
		return false;
	*why = "no memory";
	if (!ctx)
		ctx = EVP_CIPHER_CTX_new();
	if (!ctx)
		return false;
	if (EVP_EncryptInit_ex2(ctx, cipher, NULL, NULL, NULL))
		return true;
	openssl_end();
	return false;
}

/* The context has a copy of the last key, which a reset wipes. */
static void openssl_rest(void)
{
	if (!ctx)
		return;
	EVP_CIPHER_CTX_reset(ctx);
	if (!EVP_EncryptInit_ex2(ctx, cipher, NULL, NULL, NULL))
		openssl_end(); /* no memory: nothing is sealed until the thread begins again */
}

static OSSL_PARAM param_tag(uint8_t *tag)
{
	return OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag, AEAD_TAG);
}

/* key: NULL if it is that of the job before. */
static bool seal(const struct aead_job *job, const uint8_t *key, const uint8_t nonce[NONCE_LEN])
{
	uint8_t *tag = job->data + job->len;
	OSSL_PARAM get[] = { param_tag(tag), OSSL_PARAM_construct_end() };
	int len;

	return ctx && job->len <= INT_MAX && EVP_EncryptInit_ex2(ctx, NULL, key, nonce, NULL) &&
	       EVP_EncryptUpdate(ctx, job->data, &len, job->data, (int)job->len) &&
	       EVP_EncryptFinal_ex(ctx, tag, &len) && EVP_CIPHER_CTX_get_params(ctx, get);
}

static bool open(const struct aead_job *job, const uint8_t *key, const uint8_t nonce[NONCE_LEN])
{
	uint8_t *tag = job->data + job->len - AEAD_TAG;
	OSSL_PARAM set[] = { param_tag(tag), OSSL_PARAM_construct_end() };
	int len;

	return ctx && EVP_DecryptInit_ex2(ctx, NULL, key, nonce, set) &&
	       EVP_DecryptUpdate(ctx, job->data, &len, job->data, (int)(job->len - AEAD_TAG)) &&
	       EVP_DecryptFinal_ex(ctx, tag, &len) > 0;
}

static void openssl_seal(struct aead_job *jobs, size_t n)
{
	uint8_t nonce[NONCE_LEN] = { 0 };
	const struct key *last = NULL;
	size_t i;

	for (i = 0; i < n; i++) {
		struct aead_job *job = &jobs[i];
		const uint8_t *key = job->key == last ? NULL : job->key->bytes;

		store_le64(nonce + 4, job->nonce);
		last = job->key;
		if (seal(job, key, nonce))
			continue;
		/* Rather a packet that the peer refuses than one that is not encrypted. */
		wipe(job->data, (size_t)job->len + AEAD_TAG);
		last = NULL;
	}
}

static void openssl_open(struct aead_job *jobs, size_t n)
{
	uint8_t nonce[NONCE_LEN] = { 0 };
	const struct key *last = NULL;
	size_t i;

	for (i = 0; i < n; i++) {
		struct aead_job *job = &jobs[i];
		const uint8_t *key = job->key == last ? NULL : job->key->bytes;

		store_le64(nonce + 4, job->nonce);
		job->authentic = job->len >= AEAD_TAG && job->len <= INT_MAX &&
				 open(job, key, nonce);
		last = job->authentic ? job->key : NULL;
		if (!job->authentic)
			wipe(job->data, job->len);
	}
}

const struct aead_ops aead_openssl = {
	.name = "openssl",
	.begin = openssl_begin,
	.rest = openssl_rest,
	.end = openssl_end,
	.seal = openssl_seal,
	.open = openssl_open,
};
