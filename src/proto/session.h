/* SPDX-License-Identifier: ISC */
#ifndef PROTO_SESSION_H
#define PROTO_SESSION_H

/*
 * One session: a pair of transport keys, its nonces, its age, its replay window
 * (whitepaper 5.4.5, 5.4.6, 6.1).  Ages count from the moment the keys were
 * derived; expired is age >= limit, and is checked at every use.
 */

#include <stdbool.h>
#include <stdint.h>

#include "crypto/aead.h"
#include "proto/noise.h"
#include "proto/replay.h"

struct peer;

struct session {
	struct noise_keys *keys; /* in the vault */
	struct peer *peer;
	uint64_t send_counter; /* of the next packet */
	uint64_t born;
	uint32_t local, remote; /* receiver indices: the one they use, the one we use */
	bool initiator;         /* we initiated the handshake: the initiator renews by age */
	bool send_valid, receive_valid;
	bool retired;         /* left the keyring; freed by tunnel_sweep() */
	struct session *link; /* in a list of retired sessions */
	struct replay replay;
};

/* NULL: no memory. keys are copied. */
struct session *session_new(const struct noise_keys *keys, bool initiator, uint32_t local,
			    uint32_t remote, struct peer *peer, uint64_t now);
/* Wipes the keys; NULL is allowed. */
void session_free(struct session *s);

/* Time since it began; never negative, even if the clock readings of two calls cross. */
uint64_t session_age(const struct session *s, uint64_t now);
/* A packet may be sealed with it now. */
bool session_may_send(const struct session *s, uint64_t now);
/* A packet may be opened with it now. */
bool session_may_receive(const struct session *s, uint64_t now);
/* After sending: time to renew (whitepaper 6.2). */
bool session_stale_for_sending(const struct session *s, uint64_t now);
/* After receiving: the last moment at which renewing still leaves time for an answer. */
bool session_stale_for_receiving(const struct session *s, uint64_t now);

#endif
