/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_RPFILTER_H
#define DAEMON_RPFILTER_H

/*
 * Under a default route, datagrams from peers carry no mark when they arrive, unless
 * nftables set it (netlink/guard.h), so strict reverse path filtering finds that answers
 * would leave through the tunnel, and silently drops them.
 */

#include <net/if.h>

#include "daemon/internal.h"

/* true: it happens to this peer, on the interface of that name. */
bool rpfilter_drops(struct daemon *d, const struct peer *p, char name[IF_NAMESIZE]);
/* Warn once if it will happen to this peer (NULL: to any), and say what to type. */
void rpfilter_warn(struct daemon *d, const struct peer *peer);

#endif
