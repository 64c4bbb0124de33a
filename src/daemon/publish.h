/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_PUBLISH_H
#define DAEMON_PUBLISH_H

/* Tell the feed's listeners what happens. Costs next to nothing when there are none. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/print.h"
#include "proto/tunnel.h"

struct daemon;

/* The link went up or down. */
void publish_link(struct daemon *d, bool up);
/* The state of a peer has changed. previous: an enum state_word; -1: the peer is new. */
void publish_state(struct daemon *d, const struct peer *p, int previous, struct instant now);
/* A handshake, or a move to another address. */
void publish_event(struct daemon *d, const struct event *e);
/* A reload ended with r; report has what it said. */
void publish_reload(struct daemon *d, int r, const struct print *report);

#endif
