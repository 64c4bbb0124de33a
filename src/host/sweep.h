/* SPDX-License-Identifier: ISC */
#ifndef HOST_SWEEP_H
#define HOST_SWEEP_H

/*
 * What a killed tunnel leaves on the host: its device disappears with its addresses and
 * routes, but not its policy rules, nor the route that closes the host (netlink/block.h).
 */

#include "netlink/rtnl.h"

/*
 * Remove policy rules of ours that lead nowhere; *n is how many were removed.  0, or the
 * -errno of the first that stays.
 */
int sweep_rules(struct rtnl *r, unsigned *n);
/* Whether a route with this metric, and a rule, keep a family closed: 1, in *table; 0; -errno. */
int sweep_closed(struct rtnl *r, int family, uint32_t metric, uint32_t *table);
/*
 * Open it again, as far as it is by this table and the rules that lead there; *n grows by those
 * that were removed.  0, or the first -errno.
 */
int sweep_open(struct rtnl *r, int family, uint32_t table, uint32_t metric, unsigned *n);

#endif
