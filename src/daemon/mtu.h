/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_MTU_H
#define DAEMON_MTU_H

/* The MTU of the device, from the network it sends through (wg-quick's rule). */

#include "host/host.h"
#include "proto/tunnel.h"

enum {
	MTU_DEFAULT = 1420,
	MTU_OVERHEAD = 80, /* 40 IPv6, 8 UDP, 32 WireGuard */
	MTU_MIN = 1280,    /* or IPv6 would not be had inside; longer datagrams are fragmented */
};

/*
 * The smallest over the ways to all known endpoints; without any, over the default
 * route.  ifindex: our device, which is no way.
 */
uint32_t mtu_choose(struct host *h, const struct tunnel *t, uint32_t ifindex, uint32_t mark);
/* The MTU of the device when that of the network is known: pure. */
uint32_t mtu_inside(uint32_t network);

#endif
