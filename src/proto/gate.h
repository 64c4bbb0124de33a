/* SPDX-License-Identifier: ISC */
#ifndef PROTO_GATE_H
#define PROTO_GATE_H

/*
 * Under load: who gets into the handshake lane.
 *
 * Who knows our public key can make any number of messages whose mac1 is right, from any
 * number of invented addresses. Under load they get no place in the lane; they are looked at
 * only as far as their network prefix has a share left, and get cookies as far as all of them
 * have. Endpoints of peers have shares of their own.
 */

#include "proto/core.h"

/* Whether many messages wait, or did a moment ago. */
bool gate_loaded(struct tunnel *t, struct instant now);
/*
 * A message got no place in the lane.  As many within a second as would fill it are a load as
 * well: otherwise a flood would get in again each second.
 */
void gate_turned_away(struct tunnel *t, struct instant now);
/* Whether an answer to one more message fits into the batch. */
bool gate_has_room(struct batch *b);
/*
 * Under load, a message whose mac1 is right: FATE_NONE if its sender can be reached there, which
 * its mac2 proves, and does not come too often. Otherwise a cookie may be added to the batch.
 */
enum fate gate_prove(struct tunnel *t, const void *message, size_t len, const struct endpoint *from,
		     struct batch *b, struct instant now);

#endif
