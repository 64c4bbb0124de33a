/* SPDX-License-Identifier: ISC */
#ifndef NETLINK_BLOCK_H
#define NETLINK_BLOCK_H

/*
 * The route "unreachable default" of a table: it counts once no other default route is left
 * there, because its metric is beyond all others.  It belongs to no device, so it stays when
 * one vanishes.
 */

#include <stddef.h>
#include <stdint.h>

#include "netlink/rtnl.h"

/*
 * The metric for the tunnel of that name.  Its highest byte is a distance, the farthest; the
 * others tell whose the route is: 24 bits made of the name.
 */
uint32_t block_metric(const char *name);

/* Adding one that exists, and removing one that does not, both succeed. */
int block_add(struct rtnl *r, int family, uint32_t table, uint32_t metric);
/* The same.  1: it was missing; 0: it was there. */
int block_restore(struct rtnl *r, int family, uint32_t table, uint32_t metric);
int block_del(struct rtnl *r, int family, uint32_t table, uint32_t metric);
/* The tables that have such a route with ROUTE_PROTO and this metric; *n of them, at most room. */
int block_tables(struct rtnl *r, int family, uint32_t metric, uint32_t *table, size_t room,
		 size_t *n);

#endif
