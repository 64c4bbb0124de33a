/* SPDX-License-Identifier: ISC */
#ifndef HOST_DIVERT_H
#define HOST_DIVERT_H

/*
 * Everything of one family goes into a tunnel, but for what has its mark: a routing table of its
 * own, which has the number of the mark, and two rules.
 */

#include <stdint.h>

#include "netlink/rtnl.h"

/* The first table from 51820 on that is empty.  0 or -errno; -ENOSPC: none of many is. */
int divert_free_table(struct rtnl *r, uint32_t *table);
/*
 * 0; or -errno: nothing has changed.  What is there already is left as it is.  Where IPv6 is
 * switched off, the rules are made without a route into the tunnel.
 */
int divert_add(struct rtnl *r, uint32_t ifindex, int family, uint32_t table);
/* As much as can be removed; 0 or the first error. */
int divert_del(struct rtnl *r, uint32_t ifindex, int family, uint32_t table);

#endif
