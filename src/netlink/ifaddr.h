/* SPDX-License-Identifier: ISC */
#ifndef NETLINK_IFADDR_H
#define NETLINK_IFADDR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/prefix.h"
#include "netlink/rtnl.h"

/*
 * Adding an address that exists, and removing one that does not, both succeed. IPv6: no
 * duplicate detection (nodad).
 */
int ifaddr_add(struct rtnl *r, uint32_t ifindex, const struct prefix *address);
int ifaddr_del(struct rtnl *r, uint32_t ifindex, const struct prefix *address);
/* Add one that may still exist.  1: it was missing; 0: it, or another in its place, is there. */
int ifaddr_restore(struct rtnl *r, uint32_t ifindex, const struct prefix *address);
/* What an RTM_NEWADDR or RTM_DELADDR says; false: it is neither, or of another family. */
bool ifaddr_parse(uint32_t *ifindex, struct prefix *address, const struct nlmsghdr *msg);
/*
 * fn for each address of the link, or of all links (ifindex 0); a non-zero return stops the
 * walk and is passed on.
 */
typedef int ifaddr_fn(uint32_t ifindex, const struct prefix *address, void *ctx);
int ifaddr_each(struct rtnl *r, uint32_t ifindex, ifaddr_fn *fn, void *ctx);

#endif
