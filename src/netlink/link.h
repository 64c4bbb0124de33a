/* SPDX-License-Identifier: ISC */
#ifndef NETLINK_LINK_H
#define NETLINK_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "netlink/rtnl.h"

struct link_info {
	uint32_t ifindex;
	uint32_t mtu;
	uint32_t segments; /* link_set_segments(); 0: unknown */
	bool up;           /* IFF_UP */
	bool loopback;     /* IFF_LOOPBACK */
	char name[16];
	char kind[16]; /* IFLA_INFO_KIND: "tun", "veth"...; "" if none */
};

/* -ENODEV when there is no such link. */
int link_get(struct rtnl *r, const char *name, struct link_info *info);
int link_get_index(struct rtnl *r, uint32_t ifindex, struct link_info *info);
int link_set_up(struct rtnl *r, uint32_t ifindex, bool up);
/* The most packets that may wait to be read. */
int link_set_queue_len(struct rtnl *r, uint32_t ifindex, uint32_t packets);
/*
 * The most segments of a big packet (IFLA_GSO_MAX_SEGS, 1..65535). Lowering it while
 * connections use the link slows them down: they keep the value they saw first, and the kernel
 * cuts each of their big packets.
 */
int link_set_segments(struct rtnl *r, uint32_t ifindex, uint32_t segments);
int link_set_mtu(struct rtnl *r, uint32_t ifindex, uint32_t mtu);

/* What an RTM_NEWLINK or RTM_DELLINK message says; false if it is too short. */
bool link_parse(struct link_info *info, const struct nlmsghdr *msg);

#endif
