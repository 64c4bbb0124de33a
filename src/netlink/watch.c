/* SPDX-License-Identifier: ISC */
#include "netlink/watch.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "base/bytes.h"
#include "netlink/rtnl.h"

enum {
	WATCH_BUFFER = 32768,
	WATCH_READS = 256, /* messages at a time; in a storm other work must get its turn */
};

int watch_open(struct watch *w)
{
	static const int group[] = {
		RTNLGRP_LINK,       RTNLGRP_IPV4_IFADDR,  RTNLGRP_IPV6_IFADDR,  RTNLGRP_IPV4_ROUTE,
		RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_NETCONF, RTNLGRP_IPV6_NETCONF,
	};
	int err;

	*w = (struct watch){ .fd = -1 };
	w->sock = mnl_socket_open2(NETLINK_ROUTE, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (!w->sock)
		return -errno;
	if (mnl_socket_bind(w->sock, 0, MNL_SOCKET_AUTOPID) < 0)
		goto fail;
	for (size_t i = 0; i < LEN(group); i++) {
		int g = group[i];

		if (mnl_socket_setsockopt(w->sock, NETLINK_ADD_MEMBERSHIP, &g, sizeof(g)) < 0)
			goto fail;
	}
	w->fd = mnl_socket_get_fd(w->sock);
	return 0;
fail:
	err = -errno;
	watch_close(w);
	return err;
}

void watch_close(struct watch *w)
{
	if (w->sock)
		mnl_socket_close(w->sock);
	w->sock = NULL;
	w->fd = -1;
}

static void see_link(struct watch *w, const struct nlmsghdr *msg, uint32_t ifindex,
		     struct watch_news *news)
{
	const struct ifinfomsg *head = mnl_nlmsg_get_payload(msg);
	const struct nlattr *attr[IFLA_NEW_NETNSID + 1];
	struct link_info link;

	/* Bridges report their ports in the same messages, but with their own family. */
	if (!link_parse(&link, msg) || head->ifi_family != AF_UNSPEC)
		return;
	rtnl_attrs(msg, sizeof(*head), attr, IFLA_NEW_NETNSID + 1);
	if (link.ifindex != ifindex) {
		/* Radio noise: scans and the like, several per second. */
		if (!attr[IFLA_WIRELESS])
			news->network_changed = true;
		return;
	}
	if (msg->nlmsg_type == RTM_NEWLINK) {
		news->link_changed = true;
		news->link_fell |= w->up && !link.up;
		news->link = link;
		w->up = link.up;
		return;
	}
	if (attr[IFLA_NEW_NETNSID])
		news->link_moved = true;
	else
		news->link_gone = true;
}

static void see_address(const struct nlmsghdr *msg, uint32_t ifindex, struct watch_news *news)
{
	const struct ifaddrmsg *head = mnl_nlmsg_get_payload(msg);

	if (mnl_nlmsg_get_payload_len(msg) >= sizeof(*head) && head->ifa_index != ifindex)
		news->network_changed = true;
}

static void see_route(const struct nlmsghdr *msg, uint32_t ifindex, struct watch_news *news)
{
	const struct rtmsg *head = mnl_nlmsg_get_payload(msg);
	const struct nlattr *attr[RTA_TABLE + 1];

	if (mnl_nlmsg_get_payload_len(msg) < sizeof(*head) || (head->rtm_flags & RTM_F_CLONED))
		return;
	rtnl_attrs(msg, sizeof(*head), attr, RTA_TABLE + 1);
	/* The local table follows the addresses, which are watched; older kernels have lo there. */
	if (rtnl_u32(attr[RTA_TABLE], head->rtm_table) == RT_TABLE_LOCAL)
		return;
	if (!attr[RTA_OIF] || rtnl_u32(attr[RTA_OIF], 0) != ifindex)
		news->network_changed = true;
}

static void see(struct watch *w, const struct nlmsghdr *msg, uint32_t ifindex,
		struct watch_news *news)
{
	switch (msg->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		see_link(w, msg, ifindex, news);
		break;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		see_address(msg, ifindex, news);
		break;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		see_route(msg, ifindex, news);
		break;
	case RTM_NEWNETCONF:
		news->forwarding_changed = true;
		break;
	default:
		break;
	}
}

int watch_read(struct watch *w, uint32_t ifindex, struct watch_news *news)
{
	_Alignas(8) char bytes[WATCH_BUFFER];

	*news = (struct watch_news){ 0 };
	for (unsigned i = 0; i < WATCH_READS; i++) {
		const struct nlmsghdr *msg = (const void *)bytes;
		ssize_t got = mnl_socket_recvfrom(w->sock, bytes, sizeof(bytes));
		int len = (int)got;

		if (got < 0 && errno == EAGAIN)
			return 0;
		if (got < 0 && errno == EINTR)
			continue;
		/* Too many to queue, or one too long to read: something was missed. */
		if (got < 0 && (errno == ENOBUFS || errno == ENOSPC)) {
			news->lost = true;
			continue;
		}
		if (got < 0)
			return -errno;
		for (; mnl_nlmsg_ok(msg, len); msg = mnl_nlmsg_next(msg, &len))
			see(w, msg, ifindex, news);
	}
	return 0;
}
