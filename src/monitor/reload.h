/* SPDX-License-Identifier: ISC */
#ifndef MONITOR_RELOAD_H
#define MONITOR_RELOAD_H

/* Read the file again, and change what differs. */

#include "monitor/common.h"

/* The worker asks for one, with this number: 0, or it does not read its answers. */
int reload_asked(struct monitor *m, uint32_t seq);
/* SIGHUP.  While the tunnel comes up it counts when that is done. */
void reload_by_signal(struct monitor *m);
/*
 * Carry out one reload for a client and one that nobody waits for, if they were asked for, and
 * tell the worker.  All or nothing: after an error the tunnel runs as before.  If the worker
 * dies meanwhile, the reload is one that nobody waits for, and is repeated once.
 */
void reload_next(struct monitor *m);

#endif
