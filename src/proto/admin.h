/* SPDX-License-Identifier: ISC */
#ifndef PROTO_ADMIN_H
#define PROTO_ADMIN_H

/*
 * Configuration of a tunnel while it runs: the control path. May allocate. Nothing is sent
 * from here: the next tunnel_tick() sends what a change makes due, and tunnel_deadline()
 * reports it.
 */

#include "proto/tunnel.h"

/*
 * The interface came up or went down.  Up: persistent keepalives start, waiting
 * packets go.  Down: keys, handshakes and waiting packets are gone; settings,
 * endpoints, counters and timestamps stay.  Repeating it does nothing.
 */
void admin_up(struct tunnel *t, struct instant now);
void admin_down(struct tunnel *t);

/*
 * Our private key, stored clamped; all zero removes it.  Unchanged: no effect.  A
 * peer that has the new public key is removed.  Sessions made with the old key
 * only receive from now on.
 */
void admin_private_key(struct tunnel *t, const struct key *key, struct instant now);
/* Ours; zero if none. */
const struct key *admin_public_key(const struct tunnel *t);
const struct key *admin_read_private_key(const struct tunnel *t);

/* NULL if there is none. */
struct peer *admin_find(const struct tunnel *t, const struct key *public_key);
/* The first peer in the order they were added; continue with peer->next. */
struct peer *admin_first(const struct tunnel *t);
size_t admin_count(const struct tunnel *t);
/* 0: *peer is new. -EEXIST: *peer is the one there. -EINVAL: our own key. -ENOSPC, -ENOMEM. */
int admin_add(struct tunnel *t, const struct key *public_key, struct peer **peer);
void admin_remove(struct tunnel *t, struct peer *peer);
/* The peers have changed: forget that one with our own key was requested. */
void admin_mend_own_key(struct tunnel *t);

void admin_psk(struct peer *peer, const struct key *psk);
/*
 * An earlier process may have sent initiations up to this stamp: those that follow exceed it.
 * false: they would anyway.
 */
bool admin_sent_before(struct peer *peer, const uint8_t stamp[TIMESTAMP_LEN]);
/*
 * The peer is there: its literal endpoint, which becomes its only candidate.  Clears
 * the remembered source address.
 */
void admin_endpoint(struct tunnel *t, struct peer *peer, const struct endpoint *end);
/*
 * The peer may be at one of these, best first: the addresses of its name, of
 * families that a socket of ours has.  They replace what was configured before;
 * n == 0: nothing is configured any more.  A session that works stays where it is.
 */
void admin_candidates(struct tunnel *t, struct peer *peer, const struct endpoint *ends, unsigned n,
		      struct instant now);
void admin_keepalive(struct tunnel *t, struct peer *peer, uint16_t seconds, struct instant now);
/* Give the prefix (masked here) to this peer, even if another peer had it. 0 or -ENOMEM. */
int admin_allow(struct tunnel *t, struct peer *peer, const struct prefix *prefix);
/* Remove exactly this prefix from this peer, if it has it. */
void admin_disallow(struct tunnel *t, struct peer *peer, const struct prefix *prefix);
void admin_disallow_all(struct tunnel *t, struct peer *peer);
/* A configuration request touched this peer: send what waits. */
void admin_touched(struct tunnel *t, struct peer *peer);

/*
 * The network changed: forget remembered source addresses (all peers), and look where
 * it was last for a peer that could not be reached at any place.
 */
void admin_network_changed(struct tunnel *t);
/*
 * Packets leave from other sockets from now on, and answers on their way to the old ones are
 * lost: a handshake that waits for one is tried again at once, not after 5 s.
 */
void admin_sockets_changed(struct tunnel *t, struct instant now);
/* Start a handshake now, whatever the age of the session; the 5 s gate still holds. */
void admin_handshake(struct tunnel *t, struct peer *peer, struct instant now);

#endif
