/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_REBIND_H
#define DAEMON_REBIND_H

/*
 * Change port and mark in two steps: first everything that can fail, then what
 * cannot.  New sockets are bound before old ones are closed.
 */

#include "daemon/internal.h"

struct rebind_plan {
	bool rebind, remark;
	int fd[UDP_SOCKETS];
	uint16_t port;
	uint32_t mark;
};

enum { REBIND_KEEP_PORT = -1 };

/*
 * port: 0 for a new random one, REBIND_KEEP_PORT for the current one (a random one
 * if there is none).  0; -EADDRINUSE, -EACCES, -EPERM: nothing has changed.
 */
int rebind_plan(struct rebind_plan *plan, struct daemon *d, int port, uint32_t mark);
void rebind_commit(struct rebind_plan *plan, struct daemon *d, struct instant now);
void rebind_cancel(struct rebind_plan *plan, struct daemon *d);

/* Log why the sockets could not be opened, in one line. */
void rebind_log_port(int error, uint16_t port);

#endif
