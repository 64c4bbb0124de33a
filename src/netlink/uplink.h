/* SPDX-License-Identifier: ISC */
#ifndef NETLINK_UPLINK_H
#define NETLINK_UPLINK_H

/* The way to a host that leaves out one link. */

#include <stdint.h>

#include "base/ip.h"
#include "netlink/rtnl.h"

/*
 * The link of the best route to that host in the main table, except for those over the link
 * `around`.  All bytes of the address 0: of the best default route.  0; -ENETUNREACH: there is no
 * such route; or -errno.
 */
int uplink_find(struct rtnl *r, const struct ip *to, uint32_t around, uint32_t *ifindex);

#endif
