/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_EVENTS_H
#define DAEMON_EVENTS_H

/* Log what the core has noticed, and react to it. */

#include "daemon/internal.h"

void events_handle(struct daemon *d, const struct event *e, struct instant now);

#endif
