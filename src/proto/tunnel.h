/* SPDX-License-Identifier: ISC */
#ifndef PROTO_TUNNEL_H
#define PROTO_TUNNEL_H

/*
 * The tunnel: one interface with its peers.  No I/O, no clock, no log: packets
 * and time come in as arguments, packets and deadlines go out as values.
 *
 *   plain packets  -> tunnel_seal -> datagrams      (FATE_NET)
 *   datagrams      -> tunnel_open -> plain packets  (FATE_DEV), and answers (FATE_NET)
 *   time           -> tunnel_tick -> keepalives, handshakes (FATE_NET)
 *
 * After each of the three: deliver the batch, then tunnel_settle() it.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/batch.h"
#include "base/instant.h"
#include "crypto/aead.h"
#include "crypto/rng.h"
#include "proto/allowed.h"
#include "proto/bucket.h"
#include "proto/cookie.h"
#include "proto/deadlines.h"
#include "proto/faults.h"
#include "proto/hsqueue.h"
#include "proto/index.h"
#include "proto/limits.h"
#include "proto/noise.h"
#include "proto/peer.h"
#include "proto/peers.h"

/* Something that the admin may want to know. */
enum event_kind {
	EVENT_NONE,
	EVENT_HANDSHAKE,    /* a session was confirmed */
	EVENT_RETRY,        /* an initiation was repeated, with no answer so far; n: how often */
	EVENT_GAVE_UP,      /* no answer to 20 initiations: waiting for traffic */
	EVENT_ENDPOINT,     /* the peer moved: peer->endpoint */
	EVENT_FORGOT,       /* 540 s without a new session: keys wiped */
	EVENT_UNKNOWN_PEER, /* initiation from a key that is not configured, hourly; key, end */
	EVENT_PSK,          /* the first response that does not decrypt: preshared keys differ */
	EVENT_TIMESTAMP,    /* the first that is older than an earlier one: clock or shared key */
};

struct event {
	enum event_kind kind;
	struct peer *peer; /* NULL for EVENT_UNKNOWN_PEER; valid until the peer is removed */
	uint32_t n;
	struct key key;
	struct endpoint end;
};

enum { EVENTS = 64 };

/* A sealing or opening under way: which packet, under which session. */
struct work {
	struct pkt *pkt;
	struct session *session;
};

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
	struct session *retired; /* sessions to free when the call ends */
	struct aead_job *jobs;   /* scratch, as many as a batch may hold */
	struct work *work;
	uint32_t n_jobs, cap_jobs;
	uint32_t spent; /* on handshakes in this call */
	struct event events[EVENTS];
	uint32_t event_first, event_count;
	uint64_t count[FATE_COUNT]; /* packets by fate, all peers and strangers */
	uint64_t cookies_received;
	struct faults_tunnel faults;
	uint8_t removed_timestamp[12]; /* latest of those sent to peers that are gone */
};

/* cap: the most packets that a batch passed in will ever hold. chance is copied. 0 or -ENOMEM. */
int tunnel_init(struct tunnel *t, const struct rng *rng, uint32_t cap);
/* Removes all peers, wipes all keys, frees all memory. */
void tunnel_fini(struct tunnel *t);

/*
 * Plain packets in (FATE_NONE): sealed ones out, FATE_NET; or staged, or a drop. Packets that
 * the core sends on its own are added to the batch.
 */
void tunnel_seal(struct tunnel *t, struct batch *b, struct instant now);
/* Datagrams in (FATE_NONE, with end): plain packets out, FATE_DEV; answers, FATE_NET. */
void tunnel_open(struct tunnel *t, struct batch *b, struct instant now);
/* Adds what is due to a batch (fresh): handshakes, keepalives, waiting packets. */
void tunnel_tick(struct tunnel *t, struct batch *b, struct instant now);
/* When to call tunnel_tick: mono ns; 0: at once; UINT64_MAX: never. */
uint64_t tunnel_deadline(const struct tunnel *t);

/*
 * After delivery: counts every fate, credits what left to its peer, learns from
 * what did not (a stale source address is forgotten).  Until then the batch refers
 * to peers: deliver and settle it before one is removed.
 */
void tunnel_settle(struct tunnel *t, const struct batch *b, struct instant now);

/*
 * Take the oldest event; false when there is none. When more than EVENTS wait, the
 * newest are lost.
 */
bool tunnel_event(struct tunnel *t, struct event *e);

/* For the files of this room. */
void tunnel_note(struct tunnel *t, struct event e);
/* Free the sessions that left their keyring. */
void tunnel_sweep(struct tunnel *t);

#endif
