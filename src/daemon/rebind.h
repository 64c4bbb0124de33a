/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_REBIND_H
#define DAEMON_REBIND_H

/* Use other UDP sockets, or the same with another mark. */

#include <stdint.h>

#include "privsep/reconcile.h"

struct daemon;

/* fd: new ones, which belong to the data path from now on; all -1: those we have stay. */
void rebind(struct daemon *d, uint16_t port, uint32_t mark, int fd[RECONCILE_SOCKETS]);

#endif
