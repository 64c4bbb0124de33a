/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_LINKWATCH_H
#define DAEMON_LINKWATCH_H

/* What the kernel tells of our link and of the network around, and what follows from it. */

#include "daemon/internal.h"

/* The watch is readable. */
void linkwatch_read(struct daemon *d);
/* Believe this state of our link: up, down, MTU. fell: it went down since we last looked. */
void linkwatch_link(struct daemon *d, const struct link_info *info, bool fell);
/* The ways to the peers may have changed; at most once a second is acted on. */
void linkwatch_network(struct daemon *d);
/* USR2: somebody knows that the network changed: ask for names and start handshakes at once. */
void linkwatch_kick(struct daemon *d);
/* Choose the MTU anew, unless the configuration or an admin set it. 0 or -errno. */
int linkwatch_mtu(struct daemon *d);

void linkwatch_start(struct daemon *d);
void linkwatch_stop(struct daemon *d);

#endif
