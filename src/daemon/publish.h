/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_PUBLISH_H
#define DAEMON_PUBLISH_H

/* What happens, told to whoever listens to the feed. Costs next to nothing when nobody does. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/print.h"
#include "proto/tunnel.h"

struct daemon;

/* The link went up or down. */
void publish_link(struct daemon *d, bool up);
/* A peer has another state than the previous, a word of enum state_word; -1: it is new. */
void publish_state(struct daemon *d, const struct peer *p, int previous, struct instant now);
/* A handshake, or a move to another address. */
void publish_event(struct daemon *d, const struct event *e);
/* Its endpoint is another one: a name has a new address. */
void publish_endpoint(struct daemon *d, const struct peer *p);
/* A reload ended with r, and said this from its from-th character on. */
void publish_reload(struct daemon *d, int r, const struct print *report, size_t from);

#endif
