/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_SOCKETS_H
#define DAEMON_SOCKETS_H

/*
 * Changes of port and mark in two steps: everything that may fail first, and then
 * what cannot.  New sockets are bound before old ones are closed.
 */

#include "daemon/inside.h"

struct sockets_plan {
	bool rebind, remark;
	int fd[UDP_SOCKETS];
	uint16_t port;
	uint32_t mark;
};

enum { SOCKETS_KEEP_PORT = -1 };

/*
 * port: 0 for a new random one, SOCKETS_KEEP_PORT for the one there is (a random
 * one if there is none).  0; -EADDRINUSE, -EACCES, -EPERM: nothing has changed.
 */
int sockets_plan(struct sockets_plan *plan, struct daemon *d, int port, uint32_t mark);
void sockets_commit(struct sockets_plan *plan, struct daemon *d, struct instant now);
void sockets_cancel(struct sockets_plan *plan, struct daemon *d);

#endif
