/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_HOSTSIDE_H
#define DAEMON_HOSTSIDE_H

/* The host's side of a change: the parts of reconcile.c's table that touch the host. */

#include "daemon/reconcile.h"

/* Warn of a request that changes the mark under a default route. */
void hostside_commit_mark(struct daemon *d, struct change *c);
/* New sockets, or the mark of those there are; tunnelside_commit_rebind() uses them. */
int hostside_plan_sockets(struct daemon *d, struct change *c);
void hostside_cancel_sockets(struct daemon *d, struct change *c);
/* Works out the routes, too. */
int hostside_plan_addresses(struct daemon *d, struct change *c);
/* What is no longer wanted is removed: routes, then addresses. */
void hostside_commit_network(struct daemon *d, struct change *c);
void hostside_cancel_addresses(struct daemon *d, struct change *c);
/* Up, with the MTU of the file; it stays up if a later plan fails, as the device then goes. */
int hostside_plan_link(struct daemon *d, struct change *c);
int hostside_plan_routes(struct daemon *d, struct change *c);
void hostside_cancel_routes(struct daemon *d, struct change *c);
/* Once the peers are set. */
void hostside_commit_rpfilter(struct daemon *d, struct change *c);
/* DNS is optional: without a helper, log one warning and carry on. */
void hostside_commit_dns(struct daemon *d, struct change *c);
/* That of the file; tunnelside_commit_mtu() adopts it, or chooses one. */
void hostside_commit_mtu(struct daemon *d, struct change *c);
/* Report those that differ: no reload runs any. */
void hostside_commit_hooks(struct daemon *d, struct change *c);

#endif
