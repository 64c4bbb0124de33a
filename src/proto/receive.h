/* SPDX-License-Identifier: ISC */
#ifndef PROTO_RECEIVE_H
#define PROTO_RECEIVE_H

/*
 * What arrives, before and after the AEAD.  Used by the stages of proto/tunnel.c; nothing
 * here is for other rooms.
 */

#include "proto/core.h"

/*
 * Find the session of each datagram: a job for each data message, a drop for what is not
 * ours.  Handshake messages and cookies are left to receive_take(), so that batches may be
 * sorted before earlier ones are taken, with the same result.
 */
void receive_sort(struct tunnel *t, struct batch *b, struct flight *f, struct instant now);
/*
 * Queue handshake messages, open cookies, and check data in order of arrival: replay
 * window, endpoint, keys, content.
 */
void receive_take(struct tunnel *t, struct batch *b, struct flight *f, struct instant now);

#endif
