/* SPDX-License-Identifier: ISC */
#ifndef CRYPTO_AEAD_H
#define CRYPTO_AEAD_H

/*
 * ChaCha20-Poly1305 (RFC 8439) over many packets at a time, and over one short
 * message with associated data for the handshake.
 *
 * The backends implement struct aead_ops; one is picked at start, by name or by speed, and no
 * other code depends on which one it is.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/aeadname.h"
#include "base/key.h"

enum { AEAD_TAG = 16 };

struct aead_job {
	const struct key *key;
	uint64_t nonce; /* 4 zero bytes and this, little-endian: the 12-byte nonce */
	uint8_t *data;  /* in place; AEAD_TAG bytes of room follow when sealing */
	uint32_t len;   /* to seal: of the plaintext; to open: of all, tag included, >= 16 */
	bool authentic; /* set by aead_open(); if false, the backend has wiped data */
};

struct aead_ops {
	const char *name; /* one of base/aeadname.h */
	/*
	 * Prepare the calling thread, if this CPU and this library can do it; once it is
	 * prepared, nothing happens.  false: *why is the reason, a static text.  Must return
	 * true before the thread calls anything below.
	 */
	bool (*begin)(const char **why);
	void (*rest)(void); /* wipe what the thread still holds of keys; NULL: it holds nothing */
	void (*end)(void);  /* free its state, after which it may begin again; NULL: it has none */
	void (*seal)(struct aead_job *jobs, size_t n);
	void (*open)(struct aead_job *jobs, size_t n);
};

/* What aead_init() found out about a backend. */
struct aead_figures {
	const char *name;
	const char *why_not;     /* it cannot be chosen, in words; NULL: it can */
	bool wrong;              /* because its answers are */
	uint32_t ns_64, ns_1424; /* for one packet of 64, 1424 bytes; 0: not measured */
};

/*
 * Once at start, before any other call here, or again when no key is left: initialises
 * libsodium, checks the usable backends against known answers and against libsodium, and
 * chooses. name forces one, and the others are not touched; NULL or "auto": the first usable
 * one, until aead_measure() picks a better one. A backend that gives wrong answers is not
 * usable. 0; -EIO if libsodium, or the one that was named, gives wrong answers; -ENOENT if
 * name is unknown or not usable here.
 */
int aead_init(const char *name);
/*
 * Measure those that can be chosen, about a millisecond each, and choose the fastest.
 * After aead_init(), before any key is made.  clock: nanoseconds that never go back.
 */
void aead_measure(uint64_t (*clock)(void));
/* Name of the backend in use. */
const char *aead_name(void);
/* What is known about it. */
const struct aead_figures *aead_in_use(void);
/* Of the i-th backend that has a name, in this build or not; NULL after the last. */
const struct aead_figures *aead_figures(size_t i);
/*
 * Why the backend of this name cannot be used here, in words; NULL: it can, or the name is
 * "auto". May be called at any time after aead_init().
 */
const char *aead_lacks(const char *name);
/* The i-th built-in backend, NULL after the last: for tests and benchmarks. */
const struct aead_ops *aead_backend(size_t i);

/*
 * What a backend needs besides keys and packets belongs to a thread.  The one that called
 * aead_init() has begun; each other one that seals or opens begins first, rests before it
 * idles, and ends before it exits.  After fork() the child begins again.  false: no memory.
 */
bool aead_thread_begin(void) __attribute__((warn_unused_result));
/* Wipe what this thread still holds of keys and keystream: also when a key is destroyed. */
void aead_thread_rest(void);
void aead_thread_end(void);

/*
 * Seal or open all jobs in place, in order, without associated data.  Touches nothing but
 * the jobs and the state of the calling thread.
 */
void aead_seal(struct aead_job *jobs, size_t n);
void aead_open(struct aead_job *jobs, size_t n);

/*
 * One message with associated data, nonce 0 .., as in the handshake. out has len + AEAD_TAG
 * bytes (seal) or len - AEAD_TAG (open, len >= AEAD_TAG); out may not overlap in. open: false
 * and out wiped if it is not authentic.
 */
void aead_seal_one(uint8_t *out, const uint8_t *in, size_t len, const uint8_t *ad, size_t ad_len,
		   uint64_t nonce, const uint8_t key[KEY_LEN]);
bool aead_open_one(uint8_t *out, const uint8_t *in, size_t len, const uint8_t *ad, size_t ad_len,
		   uint64_t nonce, const uint8_t key[KEY_LEN]) __attribute__((warn_unused_result));

#endif
