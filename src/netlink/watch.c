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

static const int groups[] = {
	RTNLGRP_LINK,         RTNLGRP_IPV4_IFADDR,  RTNLGRP_IPV6_IFADDR,
	RTNLGRP_IPV4_NETCONF, RTNLGRP_IPV6_NETCONF,
};
static const int route_groups[] = { RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE };

static void close_socket(struct mnl_socket **sock, int *fd)
{
	if (*sock)
		mnl_socket_close(*sock);
	*sock = NULL;
	*fd = -1;
}

static int join(struct mnl_socket *sock, const int *group, size_t n)
{
	if (mnl_socket_bind(sock, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	for (size_t i = 0; i < n; i++) {
		int g = group[i];

		if (mnl_socket_setsockopt(sock, NETLINK_ADD_MEMBERSHIP, &g, sizeof(g)) < 0)
			return -errno;
	}
	return 0;
}

static int open_socket(struct mnl_socket **sock, int *fd, const int *group, size_t n)
{
	int err;

	*sock = mnl_socket_open2(NETLINK_ROUTE, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (!*sock)
		return -errno;
	*fd = mnl_socket_get_fd(*sock);
	err = join(*sock, group, n);
	if (err < 0)
		close_socket(sock, fd);
	return err;
}

int watch_open(struct watch *w)
{
	int err;

	*w = (struct watch){ .fd = -1, .route_fd = -1 };
	err = open_socket(&w->sock, &w->fd, groups, LEN(groups));
	if (err == 0)
		err = open_socket(&w->route_sock, &w->route_fd, route_groups, LEN(route_groups));
	if (err < 0)
		watch_close(w);
	return err;
}

void watch_close(struct watch *w)
{
	close_socket(&w->sock, &w->fd);
	close_socket(&w->route_sock, &w->route_fd);
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

static bool route_changes(const struct nlmsghdr *msg, uint32_t ifindex)
{
	const struct rtmsg *head = mnl_nlmsg_get_payload(msg);
	const struct nlattr *attr[RTA_TABLE + 1];

	if (msg->nlmsg_type != RTM_NEWROUTE && msg->nlmsg_type != RTM_DELROUTE)
		return false;
	if (mnl_nlmsg_get_payload_len(msg) < sizeof(*head) || (head->rtm_flags & RTM_F_CLONED))
		return false;
	rtnl_attrs(msg, sizeof(*head), attr, RTA_TABLE + 1);
	/* The local table follows the addresses, which are watched; older kernels have lo there. */
	if (rtnl_u32(attr[RTA_TABLE], head->rtm_table) == RT_TABLE_LOCAL)
		return false;
	return !attr[RTA_OIF] || rtnl_u32(attr[RTA_OIF], 0) != ifindex;
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
	case RTM_NEWNETCONF:
		news->forwarding_changed = true;
		break;
	default:
		break;
	}
}

/* What the kernel has ready.  -EAGAIN: nothing; -ENOBUFS: some were lost; another -errno. */
static int receive(struct mnl_socket *sock, char bytes[WATCH_BUFFER])
{
	ssize_t got = mnl_socket_recvfrom(sock, bytes, WATCH_BUFFER);

	if (got >= 0)
		return (int)got;
	if (errno == EINTR)
		return 0;
	/* Too many to queue, or one too long to read: something was missed. */
	return errno == ENOSPC ? -ENOBUFS : -errno;
}

int watch_read(struct watch *w, uint32_t ifindex, struct watch_news *news)
{
	_Alignas(8) char bytes[WATCH_BUFFER];

	*news = (struct watch_news){ 0 };
	for (unsigned i = 0; i < WATCH_READS; i++) {
		const struct nlmsghdr *msg = (const void *)bytes;
		int len = receive(w->sock, bytes);

		if (len == -EAGAIN)
			return 0;
		news->lost |= len == -ENOBUFS;
		if (len < 0 && len != -ENOBUFS)
			return len;
		for (; mnl_nlmsg_ok(msg, len); msg = mnl_nlmsg_next(msg, &len))
			see(w, msg, ifindex, news);
	}
	return 0;
}

int watch_read_routes(struct watch *w, uint32_t ifindex, bool *changed)
{
	_Alignas(8) char bytes[WATCH_BUFFER];
	int n = 0;

	*changed = false;
	for (unsigned i = 0; i < WATCH_READS; i++) {
		const struct nlmsghdr *msg = (const void *)bytes;
		int len = receive(w->route_sock, bytes);

		if (len == -EAGAIN)
			return n;
		*changed |= len == -ENOBUFS;
		if (len < 0 && len != -ENOBUFS)
			return len;
		for (; mnl_nlmsg_ok(msg, len); msg = mnl_nlmsg_next(msg, &len), n++)
			*changed |= route_changes(msg, ifindex);
	}
	return n;
}
