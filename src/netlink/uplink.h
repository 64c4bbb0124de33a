/* SPDX-License-Identifier: ISC */
#ifndef NETLINK_UPLINK_H
#define NETLINK_UPLINK_H

/* The way to the world that leaves out one link. */

#include <stdint.h>

#include "netlink/rtnl.h"

/*
 * The link of the best default route of that family in the main table, except for those over the
 * link `around`.  0; -ENETUNREACH: there is no such route; or -errno.
 */
int uplink_find(struct rtnl *r, int family, uint32_t around, uint32_t *ifindex);

#endif
