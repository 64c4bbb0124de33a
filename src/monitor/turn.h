/* SPDX-License-Identifier: ISC */
#ifndef MONITOR_TURN_H
#define MONITOR_TURN_H

/* One turn of the monitor's loop: wait, then serve the worker and take signals. */

#include "monitor/common.h"

enum { TURN_FOREVER = -1 };

/*
 * Wait for the worker, a signal or fd (-1: none), this long at most.  true: fd is
 * readable.  A worker that has died is reaped: see m->worker.pid.
 */
bool turn(struct monitor *m, int fd, int ms);

/* Stop soon, with this exit status. */
void turn_stop(struct monitor *m, int status);

#endif
