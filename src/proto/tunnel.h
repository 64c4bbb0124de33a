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
 *
 * The first two also come in parts, around the work of the AEAD, which any thread may do:
 *
 *   tunnel_stamp -> flight_seal
 *   tunnel_sort  -> flight_open -> tunnel_take
 *
 * So several batches of one direction may be in flight, each with its struct flight.  Stamp
 * or sort them in order, take and deliver them in the same order; the order in which the
 * jobs are done makes no difference.  Once none is in flight, call tunnel_sweep(); until
 * then do not call tunnel_tick() or anything in proto/admin.h.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/batch.h"
#include "base/instant.h"
#include "crypto/rng.h"
#include "proto/core.h"
#include "proto/event.h"
#include "proto/flight.h"

/*
 * cap: the most packets that a batch of tunnel_seal(), tunnel_open() or tunnel_tick()
 * will ever hold.  rng is copied.  0 or -ENOMEM.
 */
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

/* The parts. A flight needs room for as many jobs as its batch has for packets. */
void tunnel_stamp(struct tunnel *t, struct batch *b, struct flight *f, struct instant now);
void tunnel_sort(struct tunnel *t, struct batch *b, struct flight *f, struct instant now);
/* Its few answers are sealed at once. */
void tunnel_take(struct tunnel *t, struct batch *b, struct flight *f, struct instant now);
/* Free the sessions that left their keyring. */
void tunnel_sweep(struct tunnel *t);

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
 * Take the next event; false when there is none. Peers come in the order in which there was
 * something to say about them, strangers after them.
 */
bool tunnel_event(struct tunnel *t, struct event *e);

#endif
