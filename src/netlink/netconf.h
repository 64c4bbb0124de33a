/* SPDX-License-Identifier: ISC */
#ifndef NETLINK_NETCONF_H
#define NETLINK_NETCONF_H

/* What net.ipv4.conf and net.ipv6.conf say (rtnetlink RTM_GETNETCONF, since 3.8). */

#include <stdbool.h>
#include <stdint.h>

#include "netlink/rtnl.h"

/*
 * Whether packets that arrive on any interface other than this one (0: on any) may be
 * forwarded, that is, whether its forwarding is on in either family. A missing family forwards
 * nothing. 0; or -errno, and *forwards is unchanged.
 */
int netconf_forwards(struct rtnl *r, uint32_t but, bool *forwards);

enum { NETCONF_STRICT = 1 }; /* as an rp_filter */

/* The IPv4 rp_filter in effect: the greater of the interface's own and that of all. 0 or -errno. */
int netconf_rp_filter(struct rtnl *r, uint32_t ifindex, int *filter);

#endif
