/* SPDX-License-Identifier: ISC */
#ifndef PROTO_HANDSHAKE_H
#define PROTO_HANDSHAKE_H

/*
 * The handshake lane: from a waiting message to a session. The order of the checks is that of
 * whitepaper 5.3 and 5.4: mac1 on arrival (receive.c), then load, mac2, the bucket, then the
 * expensive part. Used by proto/tunnel.c.
 */

#include "proto/core.h"

/*
 * Send an initiation to the peer, if the last handshake message to it is at least 5 s old; if
 * that gate is closed, it is tried when it opens. true: it was sent.
 */
bool handshake_start(struct tunnel *t, struct peer *peer, struct batch *b, struct instant now);
/* The same for a new reason, not as a repetition: the count of attempts restarts. */
void handshake_want(struct tunnel *t, struct peer *peer, struct batch *b, struct instant now);

/*
 * Process waiting messages for a bounded time: answers are added to the batch. The rest stays
 * in the lane.
 */
void handshake_work(struct tunnel *t, struct batch *b, struct instant now);

/*
 * A cookie reply. It has no mac1, so it must not wait in the lane, which anybody could then
 * fill; but opening it is cheap, and done only if its index is ours.
 */
enum fate handshake_cookie(struct tunnel *t, const struct wire_cookie *m, struct instant now);
/* Forget our initiation in flight. */
void handshake_clear(struct tunnel *t, struct peer *peer);
/*
 * A message came from there that only the peer can have sent, and only now: of a session, or
 * the answer to our initiation.
 */
void handshake_moved(struct tunnel *t, struct peer *peer, const struct endpoint *from,
		     struct instant now);
/*
 * A session works: it can send, and the peer was heard since it was last asked, or lately.
 * Its endpoint must not change then, unless it moves.
 */
bool handshake_works(const struct peer *peer, uint64_t mono);
/* The current session is confirmed. */
void handshake_complete(struct tunnel *t, struct peer *peer, struct instant now);

#endif
