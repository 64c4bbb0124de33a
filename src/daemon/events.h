/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_EVENTS_H
#define DAEMON_EVENTS_H

/* What the core has noticed, as log lines, and what the daemon does about it. */

#include "daemon/internal.h"

void events_handle(struct daemon *d, const struct event *e, struct instant now);
/* All that wait: before peers are removed, for an event may name one. */
void events_drain(struct daemon *d, struct instant now);

#endif
