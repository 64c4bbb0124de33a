/* SPDX-License-Identifier: ISC */
#ifndef MONITOR_WORKER_H
#define MONITOR_WORKER_H

/* The worker: started, given orders, reaped and started again. */

#include "monitor/common.h"

/* Start it, as a program of its own, and wait until it obeys.  0; -errno: it did not come up. */
int worker_start(struct monitor *m);
/*
 * After its death: a new one, with all that the last one had.  0; -ELOOP: they die too fast,
 * there is none; another -errno: this one did not come up.
 */
int worker_restart(struct monitor *m);
/* Tell it to end, and wait; then nothing of it is left. */
void worker_end(struct monitor *m);
/* It is dead, or has to be: why is logged unless it was told to exit. */
void worker_reap(struct monitor *m, int why);
/*
 * Is it dead?  Then no more is read than it has said.  The socket does not tell: the worker might
 * have handed its end to a process that lives on.
 */
void worker_look(struct monitor *m);
/* It cannot be told something: it is dead (-EPIPE), or has to be. */
void worker_lost(struct monitor *m, int why);

/* What has become of DNS; a new worker is told by worker_start(). */
void worker_tell_dns(struct monitor *m);
/* An order without arguments. */
void worker_order(struct monitor *m, enum message_kind kind);
/*
 * An order that is answered, with what comes along; meanwhile the worker is served.  What it
 * said, or -EPIPE: it died, which may have happened before, or was killed, since it did not answer
 * in time.  Told to stop, we have little time.
 */
int worker_ask(struct monitor *m, const struct message *order, const int *fd, unsigned n_fd);

#endif
