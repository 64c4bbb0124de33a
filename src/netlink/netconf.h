/* SPDX-License-Identifier: ISC */
#ifndef NETLINK_NETCONF_H
#define NETLINK_NETCONF_H

/* What net.ipv4.conf and net.ipv6.conf say (rtnetlink RTM_GETNETCONF, since 3.8). */

#include <stdbool.h>
#include <stdint.h>

#include "netlink/rtnl.h"

/*
 * Whether packets that come in by any interface but this one (0: by any) may be passed
 * on: its forwarding is on, in either family.  A family that is not there forwards
 * nothing.  0 or -errno; then *forwards is as it was.
 */
int netconf_forwards(struct rtnl *r, uint32_t but, bool *forwards);

#endif
