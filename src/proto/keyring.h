/* SPDX-License-Identifier: ISC */
#ifndef PROTO_KEYRING_H
#define PROTO_KEYRING_H

/*
 * The three sessions of a peer. We send with `current` only; all three receive. `next` is one
 * that we answered as responder and that is not yet confirmed.
 *
 * Calls return the sessions that left the ring, as a list through ->link; the
 * caller retires them.  A zeroed ring is empty.
 */

#include "proto/session.h"

struct keyring {
	struct session *current, *previous, *next;
};

/* A session derived as initiator: it is confirmed by having the response. */
struct session *keyring_add_initiated(struct keyring *k, struct session *s);
/* A session derived as responder: unconfirmed. */
struct session *keyring_add_answered(struct keyring *k, struct session *s);
/* A packet arrived under s. If s is `next` it becomes `current`, and *confirmed says so. */
struct session *keyring_received(struct keyring *k, struct session *s, bool *confirmed);
/* `next` is there, and may still be confirmed. */
bool keyring_is_answered(const struct keyring *k, uint64_t mono);
/* Empty the ring. */
struct session *keyring_clear(struct keyring *k);
/* Our private key changed: existing sessions must no longer send; receiving continues. */
void keyring_stop_sending(struct keyring *k);

#endif
