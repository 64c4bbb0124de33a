/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_MTU_H
#define DAEMON_MTU_H

/* The MTU of the device, from the network it sends through (wg-quick's rule). */

#include "host/host.h"
#include "proto/tunnel.h"

enum {
	MTU_DEFAULT = 1420,
	MTU_OVERHEAD = 80, /* 40 IPv6, 8 UDP, 32 WireGuard */
	MTU_MIN = 1280,    /* the least for IPv6 inside; longer datagrams are fragmented */
};

/*
 * The smallest MTU over the paths to all known endpoints; without any, that of the
 * default route.  ifindex: our device, which does not count as a path.
 */
uint32_t mtu_choose(struct host *h, const struct tunnel *t, uint32_t ifindex, uint32_t mark);
/* The MTU of the device for a given MTU of the network. Pure. */
uint32_t mtu_inside(uint32_t network);

#endif
