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
/*
 * The thread's own, one to seal and one to open: with a key in it, a context only needs a
 * nonce for each packet. It is not locked in memory, and so has a key only during a call.
 */
static _Thread_local struct keyed {
	EVP_CIPHER_CTX *ctx;
	const struct key *key; /* that it goes on with; NULL: none */
	bool has_key;          /* that one, or one with which something failed */
} sealing, opening;

static bool look_up(void)
{
	/* What openssl.cnf and the environment ask for is not meant for us. */
	const uint64_t bare = OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS;

	if (!cipher && OPENSSL_init_crypto(bare, NULL))
		cipher = EVP_CIPHER_fetch(NULL, "ChaCha20-Poly1305", NULL);
	return cipher;
}

static void end(struct keyed *k)
{
	EVP_CIPHER_CTX_free(k->ctx);
	wipe(k, sizeof(*k));
}

static void openssl_end(void)
{
	end(&sealing);
	end(&opening);
}

static bool begin(struct keyed *k)
{
	if (k->ctx)
		return true;
	k->ctx = EVP_CIPHER_CTX_new();
	if (k->ctx && EVP_EncryptInit_ex2(k->ctx, cipher, NULL, NULL, NULL))
		return true;
	end(k);
	return false;
}

static bool openssl_begin(const char **why)
{
	*why = "libcrypto has no ChaCha20-Poly1305 here";
	if (!look_up())
		return false;
	*why = "no memory";
	return begin(&sealing) && begin(&opening);
}

/* The contexts have what the last packets left, such as a block of keystream: new ones do not. */
static void openssl_rest(void)
{
	struct keyed *each[] = { &sealing, &opening };

	for (size_t i = 0; i < LEN(each); i++) {
		if (!each[i]->ctx)
			continue;
		end(each[i]);
		/* No memory: nothing is sealed or opened until the thread begins again. */
		if (!begin(each[i]))
			return;
	}
}

/* What to give to the context before a packet under this key; NULL: it has it. */
static const uint8_t *key_for(struct keyed *k, const struct key *key)
{
	if (k->key == key)
		return NULL;
	k->key = key;
	k->has_key = true;
	return key->bytes;
}

/* Another key takes the place of a secret one. */
static void forget(struct keyed *k)
{
	static const uint8_t none[KEY_LEN];

	if (!k->has_key)
		return;
	k->key = NULL;
	k->has_key = false;
	if (k->ctx && EVP_EncryptInit_ex2(k->ctx, NULL, none, NULL, NULL))
		return;
	end(k);
	begin(k);
}

static OSSL_PARAM param_tag(uint8_t *tag)
{
	return OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag, AEAD_TAG);
}

static bool seal(const struct aead_job *job, const uint8_t nonce[NONCE_LEN])
{
	const uint8_t *key = key_for(&sealing, job->key);
	EVP_CIPHER_CTX *ctx = sealing.ctx;
	uint8_t *tag = job->data + job->len;
	OSSL_PARAM get[] = { param_tag(tag), OSSL_PARAM_construct_end() };
	int len;

	return ctx && job->len <= INT_MAX && EVP_EncryptInit_ex2(ctx, NULL, key, nonce, NULL) &&
	       EVP_EncryptUpdate(ctx, job->data, &len, job->data, (int)job->len) &&
	       EVP_EncryptFinal_ex(ctx, tag, &len) && EVP_CIPHER_CTX_get_params(ctx, get);
}

static bool open(const struct aead_job *job, const uint8_t nonce[NONCE_LEN])
{
	const uint8_t *key = key_for(&opening, job->key);
	EVP_CIPHER_CTX *ctx = opening.ctx;
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
	size_t i;

	for (i = 0; i < n; i++) {
		struct aead_job *job = &jobs[i];

		store_le64(nonce + 4, job->nonce);
		if (seal(job, nonce))
			continue;
		/* Rather a packet that the peer refuses than one that is not encrypted. */
		wipe(job->data, (size_t)job->len + AEAD_TAG);
		sealing.key = NULL;
	}
	forget(&sealing);
}

static void openssl_open(struct aead_job *jobs, size_t n)
{
	uint8_t nonce[NONCE_LEN] = { 0 };
	size_t i;

	for (i = 0; i < n; i++) {
		struct aead_job *job = &jobs[i];

		store_le64(nonce + 4, job->nonce);
		job->authentic = job->len >= AEAD_TAG && job->len <= INT_MAX && open(job, nonce);
		if (job->authentic)
			continue;
		wipe(job->data, job->len);
		opening.key = NULL;
	}
	forget(&opening);
}

const struct aead_ops aead_openssl = {
	.name = AEADNAME_OPENSSL,
	.begin = openssl_begin,
	.rest = openssl_rest,
	.end = openssl_end,
	.seal = openssl_seal,
	.open = openssl_open,
};
