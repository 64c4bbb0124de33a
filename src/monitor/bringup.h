/* SPDX-License-Identifier: ISC */
#ifndef MONITOR_BRINGUP_H
#define MONITOR_BRINGUP_H

/* Bring a tunnel up in order, and take it down in reverse. */

#include "monitor/common.h"

/*
 * 0; -EINTR: stopped before it was up, see m->status; another -errno.  Logged.  In any case
 * bringup_undo() follows.
 */
int bringup(struct monitor *m);
void bringup_undo(struct monitor *m);

#endif
