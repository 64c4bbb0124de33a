/* SPDX-License-Identifier: ISC */
#ifndef PROTO_NOISE_H
#define PROTO_NOISE_H

/*
 * The handshake Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s (whitepaper 5.4; Noise paper rev 34):
 * four functions, one per message and direction. The comments at the end of lines in noise.c
 * name the Noise token that each line implements.
 *
 * A function that returns false has changed nothing that its caller keeps.  The
 * MACs of a message are proto/cookie.h's business.  All structs here hold
 * secrets: they live in the vault, or on a stack and are wiped.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/key.h"
#include "crypto/rng.h"
#include "proto/wire.h"

/* Who we are. */
struct noise_identity {
	struct key private_key, public_key;
	bool known; /* there is a private key */
};

/* What is the same for all handshakes with one peer. */
struct noise_remote {
	struct key public_key;
	struct key shared; /* DH of both static keys: as secret as a private key */
	bool shared_due;   /* it was not needed yet: noise_remote_ready() */
	bool shared_ok;    /* false: not made, no private key of ours, or a key of low order */
	struct key psk;    /* zero: none */
};

/* The running hash and chaining key. */
struct transcript {
	uint8_t hash[32], chaining_key[32];
};

/* Our initiation, waiting for its response. */
struct noise_pending {
	struct transcript transcript;
	struct key ephemeral;
	uint32_t index; /* our sender index */
	bool waiting;
};

/* Their initiation, while it is read and answered; lives for one call. */
struct noise_received {
	struct transcript transcript;
	struct key ephemeral; /* theirs */
	struct key who;       /* their static public key */
	uint32_t index;       /* their sender index */
};

/* What a handshake is for (whitepaper 5.4.5). */
struct noise_keys {
	struct key send, receive;
};

/*
 * The values of the whitepaper's Initiator and Responder that depend on a key change:
 * call after either changed.
 */
void noise_remote_update(struct noise_remote *r, const struct noise_identity *self);
/*
 * Make r->shared, once for each pair of keys and not before it is needed: with thousands of peers,
 * a new key of ours would otherwise take half a second.  Returns shared_ok.
 */
bool noise_remote_ready(struct noise_remote *r, const struct noise_identity *self);
void noise_identity_set(struct noise_identity *self, const struct key *private_key);

/* Fills all but the MACs. p->index and p->waiting are the caller's. */
bool noise_write_initiation(struct noise_pending *p, struct wire_initiation *m,
			    const struct noise_identity *self, const struct noise_remote *r,
			    uint32_t index, const uint8_t timestamp[TIMESTAMP_LEN],
			    const struct rng *rng) __attribute__((warn_unused_result));

/* Step one: who is it? n->who is what the sender claims, with proof only after step two. */
bool noise_read_static(struct noise_received *n, const struct wire_initiation *m,
		       const struct noise_identity *self) __attribute__((warn_unused_result));
/* Step two, with the peer found: proof, and its timestamp. */
bool noise_read_timestamp(struct noise_received *n, const struct wire_initiation *m,
			  const struct noise_remote *r, uint8_t timestamp[TIMESTAMP_LEN])
	__attribute__((warn_unused_result));

/* Fills all but the MACs; keys are ready for the session. */
bool noise_write_response(struct noise_received *n, struct wire_response *m,
			  const struct noise_remote *r, uint32_t index, const struct rng *rng,
			  struct noise_keys *keys) __attribute__((warn_unused_result));

/* *p is never changed: a forged response must not end the attempt. */
bool noise_read_response(const struct noise_pending *p, const struct wire_response *m,
			 const struct noise_identity *self, const struct noise_remote *r,
			 struct noise_keys *keys) __attribute__((warn_unused_result));

/*
 * TAI64N label of a wall clock (ns since 1970), its low 24 bits of nanoseconds cleared, so
 * that it tells little about our clock (kernel tai64n_now). Never equal to or smaller than
 * *last, which it becomes: a clock that was set back must not get us ignored.
 */
void noise_timestamp(uint8_t out[TIMESTAMP_LEN], uint64_t wall_ns, uint8_t last[TIMESTAMP_LEN]);

#endif
