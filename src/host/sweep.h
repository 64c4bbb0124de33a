/* SPDX-License-Identifier: ISC */
#ifndef HOST_SWEEP_H
#define HOST_SWEEP_H

/*
 * What a killed tunnel leaves on the host: its device disappears with its addresses and
 * routes, but not its policy rules.
 */

#include "netlink/rtnl.h"

/*
 * Remove policy rules of ours that lead nowhere; *n is how many were removed.  0, or the
 * -errno of the first that stays.
 */
int sweep_rules(struct rtnl *r, unsigned *n);

#endif
