/* SPDX-License-Identifier: ISC */
#ifndef CRYPTO_AEAD_H
#define CRYPTO_AEAD_H

/*
 * ChaCha20-Poly1305 (RFC 8439) over many packets at a time, and over one short
 * message with associated data for the handshake.
 *
 * The backends stand behind struct aead_ops; aead_init() picks one at start and
 * nobody else asks which it is.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/key.h"

enum { AEAD_TAG = 16 };

/*
 * A key ready for use.  Lives in the vault (base/vault.h) of whoever made it.
 * ctx belongs to the backend that was chosen when aead_key_init() ran.
 */
struct aead_key {
	uint8_t bytes[KEY_LEN];
	void *ctx;
};

struct aead_job {
	const struct aead_key *key;
	uint64_t nonce; /* 4 zero bytes and this, little-endian: the 12-byte nonce */
	uint8_t *data;  /* in place; AEAD_TAG bytes of room follow when sealing */
	uint32_t len;   /* to seal: of the plaintext; to open: of all, tag included, >= 16 */
	bool authentic; /* aead_open() answers here; if false, data is rubbish */
};

struct aead_ops {
	const char *name;     /* "sodium", later "openssl", "ipsec-mb" */
	bool (*usable)(void); /* this CPU, this library; may initialise it */
	bool (*key_init)(
		struct aead_key *key); /* bytes are set; make ctx, if any. false: no memory */
	void (*key_fini)(struct aead_key *key); /* free ctx */
	void (*seal)(struct aead_job *jobs, size_t n);
	void (*open)(struct aead_job *jobs, size_t n);
};

/*
 * Once at start, before any other call here: initialises libsodium, checks every
 * usable backend against known answers, and chooses.  name forces one; NULL: the
 * best.  0; -EIO if a backend gives wrong answers; -ENOENT if name is unknown
 * or not usable here.
 */
int aead_init(const char *name);
/* Name of the backend in use. */
const char *aead_name(void);
/* The i-th backend that was built in, NULL after the last: for tests and benchmarks. */
const struct aead_ops *aead_backend(size_t i);

bool aead_key_init(struct aead_key *key, const uint8_t bytes[KEY_LEN]);
/* Frees what init made and wipes the key; a zeroed key is fine. */
void aead_key_fini(struct aead_key *key);

/*
 * Seal or open all jobs in place, in order, without associated data. Touches nothing
 * but the jobs.
 */
void aead_seal(struct aead_job *jobs, size_t n);
void aead_open(struct aead_job *jobs, size_t n);

/*
 * One message with associated data, nonce 0 .. as the handshake has it.
 * out has len + AEAD_TAG bytes (seal) or len - AEAD_TAG (open, len >= AEAD_TAG);
 * out may not overlap in.  open: false and out wiped if it is not authentic.
 */
void aead_seal_one(uint8_t *out, const uint8_t *in, size_t len, const uint8_t *ad, size_t ad_len,
		   uint64_t nonce, const uint8_t key[KEY_LEN]);
bool aead_open_one(uint8_t *out, const uint8_t *in, size_t len, const uint8_t *ad, size_t ad_len,
		   uint64_t nonce, const uint8_t key[KEY_LEN]) __attribute__((warn_unused_result));

#endif
