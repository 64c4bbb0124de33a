/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_MTU_H
#define DAEMON_MTU_H

/* The MTU of the device, from the network it sends through (wg-quick's rule). */

#include "conf/conf.h"
#include "netlink/rtnl.h"
#include "proto/tunnel.h"

enum {
	MTU_DEFAULT = 1420,
	MTU_OVERHEAD = 80,       /* 40 IPv6, 8 UDP, 32 WireGuard */
	MTU_MIN = CONF_MTU_IPV6, /* longer datagrams are fragmented */
};

/*
 * The smallest MTU over the paths to where each peer is at home (proto/reach.h), so that it
 * does not change while a peer is looked for elsewhere; without any, that of the default
 * route.  Neither our device (ifindex) nor what stays on this host counts as a path.  The
 * paths to addresses looked up before are remembered until mtu_forget().
 */
uint32_t mtu_choose(struct rtnl *r, const struct tunnel *t, uint32_t ifindex, uint32_t mark);
/* The same before there are peers, from the literal endpoints of a configuration. */
uint32_t mtu_expect(struct rtnl *r, const struct conf *c, uint32_t ifindex, uint32_t mark);
/* The network or our mark changed. */
void mtu_forget(const struct tunnel *t);
/* The MTU of the device for a given MTU of the network. Pure. */
uint32_t mtu_inside(uint32_t network);

#endif
