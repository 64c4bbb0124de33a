/* SPDX-License-Identifier: ISC */
#ifndef MONITOR_SOCKETS_H
#define MONITOR_SOCKETS_H

/*
 * The UDP sockets: the monitor opens and marks them, the worker uses them.  In two steps, so
 * that what can fail comes first.
 */

#include "monitor/common.h"
#include "privsep/reconcile.h"

enum { SOCKETS_KEEP_PORT = -1 };

/*
 * port: 0: any free one; SOCKETS_KEEP_PORT: that of the sockets that are open, which then
 * stay.  must_open: there are to be sockets in any case; otherwise a change of the mark alone
 * is for later ones.  0 or -errno: nothing has changed.
 */
int sockets_plan(struct sockets_plan *plan, struct monitor *m, int port, uint32_t mark,
		 bool must_open);
void sockets_commit(struct sockets_plan *plan, struct monitor *m);
void sockets_cancel(struct sockets_plan *plan, struct monitor *m);
/* Those of them that there are, for a message: how many, and which, added to *crossing. */
unsigned sockets_pass(const int all[RECONCILE_SOCKETS], int fd[RECONCILE_SOCKETS],
		      uint32_t *crossing);
/* All -1; and close all, the last one first: then the one that receives is never another. */
void sockets_none(int all[RECONCILE_SOCKETS]);
void sockets_close(int all[RECONCILE_SOCKETS]);
/* The line for an error of sockets_plan(). */
void sockets_log_error(int error, uint16_t port);

#endif
