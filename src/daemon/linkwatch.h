/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_LINKWATCH_H
#define DAEMON_LINKWATCH_H

/* React to what the kernel reports about our link and the network. */

#include "daemon/internal.h"

/* The watch is readable; what it says about routes. */
void linkwatch_read(struct daemon *d);
void linkwatch_read_routes(struct daemon *d);
/* What a file says is in effect, or there is none: from now on the link counts, as it is. */
void linkwatch_adopt(struct daemon *d);
/* The endpoint of a peer changed; acts at most once a second. */
void linkwatch_endpoint(struct daemon *d);
/* USR2: somebody says that the network changed: resolve names and start handshakes at once. */
void linkwatch_kick(struct daemon *d);
/* Choose the MTU from the paths to the peers, unless an admin set it. */
void linkwatch_choose_mtu(struct daemon *d);

void linkwatch_start(struct daemon *d);
void linkwatch_stop(struct daemon *d);

#endif
