/* SPDX-License-Identifier: ISC */
#ifndef PROTO_CORE_H
#define PROTO_CORE_H

/*
 * What the files of this room share: the state of a tunnel, and the few operations on it
 * that several of them need.  Other rooms include proto/tunnel.h and proto/admin.h, not
 * this file: they hold a tunnel and may read its fields, but only the core changes them.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/fate.h"
#include "crypto/rng.h"
#include "proto/allowed.h"
#include "proto/bucket.h"
#include "proto/cookie.h"
#include "proto/deadlines.h"
#include "proto/event.h"
#include "proto/faults.h"
#include "proto/flight.h"
#include "proto/hsqueue.h"
#include "proto/index.h"
#include "proto/limits.h"
#include "proto/noise.h"
#include "proto/peer.h"
#include "proto/peers.h"

enum { EVENTS = 64 };

struct tunnel {
	struct rng rng;
	struct noise_identity *self;    /* in the vault */
	struct cookie_checker *checker; /* in the vault */
	struct peers peers;
	struct index_table index;
	struct allowed allowed;
	struct deadlines deadlines;
	struct hsqueue hsqueue;
	struct buckets *buckets;
	bool up;
	uint64_t under_load_until;
	struct peer *work_first; /* peers with something to send at the next tick */
	struct session *retired; /* sessions to free in core_sweep() */
	struct flight own;       /* of the calls that do everything at once */
	uint32_t spent;          /* on handshakes in this call */
	struct event events[EVENTS];
	uint32_t event_first, event_count;
	uint64_t count[FATE_COUNT]; /* packets by fate, all peers and strangers */
	uint64_t cookies_received;
	uint64_t initiations_sent; /* to all peers, also to those that are gone */
	struct faults_tunnel faults;
	uint8_t removed_timestamp[12]; /* latest of those sent to peers that are gone */
};

/* Report an event. It is lost if EVENTS are waiting. */
void core_note(struct tunnel *t, struct event e);
/* Serve this peer (flush, or keepalive) at the next opportunity. */
void core_later(struct tunnel *t, struct peer *peer, bool keepalive);
/* Drop and count the packets that wait for a session. */
void core_purge(struct tunnel *t, struct peer *peer);
/* Retire sessions that left a keyring: unreachable at once, freed by core_sweep(). */
void core_retire(struct tunnel *t, struct session *list);
/* Free them. No flight may refer to them any more. */
void core_sweep(struct tunnel *t);
/* The peer is about to be removed: drop its work and its events. */
void core_forget(struct tunnel *t, struct peer *peer);

#endif
