/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_TUNNELSIDE_H
#define DAEMON_TUNNELSIDE_H

/* The tunnel's side of a change: the parts of reconcile.c's table that need no rights. */

#include "daemon/reconcile.h"

/* Use the planned sockets; at the end close all, and the device. */
void tunnelside_commit_rebind(struct daemon *d, struct change *c);
/* The private key and the peers. */
int tunnelside_plan_peers(struct daemon *d, struct change *c);
void tunnelside_commit_peers(struct daemon *d, struct change *c);
/* Adopt the link as it came up, with an MTU that suits the peers. */
void tunnelside_commit_link(struct daemon *d, struct change *c);
/* Adopt the MTU that hostside_commit_mtu() set; without one in the file, choose it. */
void tunnelside_commit_mtu(struct daemon *d, struct change *c);
/* Report what takes effect only at the next start. */
void tunnelside_commit_aead(struct daemon *d, struct change *c);
void tunnelside_commit_tunables(struct daemon *d, struct change *c);

#endif
