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

struct tunnel {
	struct rng rng;
	struct noise_identity *self;    /* in the vault */
	struct cookie_checker *checker; /* in the vault */
	struct peers peers;
	struct index_table index;
	struct allowed allowed;
	struct deadlines deadlines;
	struct hsqueue hsqueue;
	struct buckets *buckets;  /* of sources whose mac2 is right */
	struct buckets *prefixes; /* of all others */
	struct bucket cookies, cookies_peers, proofs;
	bool up;
	uint64_t under_load_until;
	uint32_t turned_away;    /* messages without a place in the lane, since that was set */
	struct peer *work_first; /* peers with something to send at the next tick */
	uint64_t staged_bytes;   /* allocated for packets that wait for a session */
	struct session *retired; /* sessions to free in core_sweep() */
	struct flight own;       /* of the calls that do everything at once */
	uint32_t spent;          /* on handshakes in this call */
	uint32_t event_count;    /* that wait, in all */
	struct peer *news_first, *news_last; /* peers with news */
	struct event stranger[EVENTS_OF_STRANGERS];
	uint32_t stranger_first, stranger_count;
	uint64_t count[FATE_COUNT]; /* packets by fate, all peers and strangers */
	uint64_t cookies_received;
	uint64_t initiations_sent; /* to all peers, also to those that are gone */
	struct faults_tunnel faults;
	uint8_t removed_timestamp[12]; /* latest of those sent to peers that are gone */
};

/*
 * Report an event. About a peer: it replaces one of its kind that waits. About strangers: it is
 * lost if EVENTS_OF_STRANGERS wait.
 */
void core_note(struct tunnel *t, struct event e);
/* The next one, as tunnel_event() returns it. */
bool core_event(struct tunnel *t, struct event *e);
/* Serve this peer (flush, or keepalive) at the next opportunity. */
void core_later(struct tunnel *t, struct peer *peer, bool keepalive);
/* Drop and count the packets that wait for a session. */
void core_purge(struct tunnel *t, struct peer *peer);
/* Retire sessions that left a keyring: unreachable at once, freed by core_sweep(). */
void core_retire(struct tunnel *t, struct session *list);
/* Free them. No flight may refer to them any more. */
void core_sweep(struct tunnel *t);
/*
 * Packets to the peer go there from now on. What its former place could not take, the new one
 * may.
 */
void core_place(struct tunnel *t, struct peer *peer, const struct endpoint *end);
/* The peer is about to be removed: drop its work and its events. */
void core_forget(struct tunnel *t, struct peer *peer);

#endif
