/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_EVENTS_H
#define DAEMON_EVENTS_H

/* Log what the core has noticed, and react to it. */

#include "daemon/internal.h"

void events_handle(struct daemon *d, const struct event *e, struct instant now);
/* Handle all pending events: before peers are removed, as an event may refer to one. */
void events_drain(struct daemon *d, struct instant now);

#endif
