/* SPDX-License-Identifier: ISC */
#ifndef PROTO_SEND_H
#define PROTO_SEND_H

/*
 * What leaves for one peer: stamped data, waiting packets, keepalives.  Used by
 * the stages of proto/tunnel.c; nothing here is for other rooms.  Stamped packets are in
 * the batch, and their sealing is a job of the flight.
 */

#include "proto/core.h"

/*
 * Give a plain packet its header, nonce and padding, and a place among the jobs of the
 * flight. The session must be allowed to send.
 */
void send_stamp(struct batch *b, struct flight *f, struct pkt *p, struct session *s, uint8_t ecn);

/* Keep a plain packet until there is a session. The fate of the packet. */
enum fate send_stage(struct tunnel *t, struct peer *peer, const uint8_t *data, size_t len);
/* Send a keepalive, unless packets wait, which serve as well. */
void send_keepalive(struct tunnel *t, struct peer *peer, struct batch *b, struct flight *f,
		    struct instant now);
/*
 * Packets left for this peer under its current session: update timers, and start a new
 * handshake when it is time.
 */
void send_happened(struct tunnel *t, struct peer *peer, bool data, struct batch *b,
		   struct instant now);

/* Serve all peers that core_later() noted. */
void send_serve(struct tunnel *t, struct batch *b, struct flight *f, struct instant now);

#endif
