/* SPDX-License-Identifier: ISC */
#ifndef PROTO_HANDSHAKE_H
#define PROTO_HANDSHAKE_H

/*
 * The handshake lane: from a message that waits to a session.  The order of the
 * checks is whitepaper 5.3 and 5.4: mac1 at the door (tunnel.c), then load, mac2,
 * the bucket, then the expensive part.  Used by proto/tunnel.c.
 */

#include "proto/tunnel.h"

/*
 * Send an initiation to the peer, if the last handshake message to it is at least
 * 5 s old; with the gate closed it is tried when that opens.  true: it was sent.
 */
bool handshake_start(struct tunnel *t, struct peer *peer, struct batch *b, struct instant now);
/* The same for a new reason, not as a repetition: the attempts are counted anew. */
void handshake_want(struct tunnel *t, struct peer *peer, struct batch *b, struct instant now);

/*
 * Work off waiting messages for a bounded time: answers are added to the batch.
 * What is left over stays in the lane.
 */
void handshake_work(struct tunnel *t, struct batch *b, struct instant now);

/*
 * A cookie reply.  It has no mac1, so it must not wait in the lane, where anybody's
 * would take places; but to open it costs little, and only if its index is ours.
 */
enum fate handshake_cookie(struct tunnel *t, const struct wire_cookie *m, struct instant now);
/* Forget our initiation in flight. */
void handshake_clear(struct tunnel *t, struct peer *peer);
/* Sessions that left a keyring: unreachable at once, freed when the call ends. */
void handshake_retire(struct tunnel *t, struct session *list);
/* An authentic message came from there. */
void handshake_moved(struct tunnel *t, struct peer *peer, const struct endpoint *from,
		     struct instant now);
/* The current session is confirmed. */
void handshake_complete(struct tunnel *t, struct peer *peer, struct instant now);

#endif
