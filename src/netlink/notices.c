/* SPDX-License-Identifier: ISC */
#include "netlink/notices.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/filter.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "base/bytes.h"
#include "netlink/ifaddr.h"
#include "netlink/rtnl.h"

enum {
	BUFFER = 32768,
	READS = 256,           /* messages at a time: other work must get its turn */
	WAITING = 1024 * 1024, /* bytes that may wait, with the kernel's own overhead */
};

int notices_open(struct notices *w)
{
	static const int group[] = {
		RTNLGRP_LINK,       RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE,
		RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_RULE,   RTNLGRP_IPV6_RULE,
	};
	const int waiting = WAITING;
	int err;

	*w = (struct notices){ .fd = -1 };
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
	/* With less, more is lost, and has to be looked for. */
	setsockopt(w->fd, SOL_SOCKET, SO_RCVBUFFORCE, &waiting, sizeof(waiting));
	return 0;
fail:
	err = -errno;
	notices_close(w);
	return err;
}

void notices_close(struct notices *w)
{
	if (w->sock)
		mnl_socket_close(w->sock);
	*w = (struct notices){ .fd = -1 };
}

/* --- what the kernel sorts out --- */

/* In a message of the kernel, which has one change. */
enum {
	AT_TYPE = offsetof(struct nlmsghdr, nlmsg_type),
	AT_BODY = NLMSG_HDRLEN,
	AT_LINK = AT_BODY + offsetof(struct ifinfomsg, ifi_index),
	AT_FAMILY = AT_BODY + offsetof(struct rtmsg, rtm_family), /* and rtm_dst_len */
	AT_TABLE = AT_BODY + offsetof(struct rtmsg, rtm_table),
	AT_PROTO = AT_BODY + offsetof(struct rtmsg, rtm_protocol),
	AT_KIND = AT_BODY + offsetof(struct rtmsg, rtm_type),
	AT_ATTRS = AT_BODY + sizeof(struct rtmsg),
};
_Static_assert(offsetof(struct ifinfomsg, ifi_index) == offsetof(struct ifaddrmsg, ifa_index),
	       "link and address have it at the same place");

enum {
	HEAD = 32, /* instructions for all, at most... */
	EACH = 7,  /* ...and for each route */
	DEST = 0,  /* the word of its memory for the beginning of the destination */
};

struct program {
	struct sock_filter op[HEAD + EACH * NOTICES_ROUTES];
	unsigned short n;
};

static void add(struct program *p, uint16_t code, uint32_t k, uint8_t yes, uint8_t no)
{
	p->op[p->n++] = (struct sock_filter)BPF_JUMP(code, k, yes, no);
}

static void load(struct program *p, uint16_t size, uint32_t at)
{
	add(p, (uint16_t)(BPF_LD | size | BPF_ABS), at, 0, 0);
}

/* If it is k, skip this many. */
static void when(struct program *p, uint32_t k, uint8_t skip)
{
	add(p, BPF_JMP | BPF_JEQ | BPF_K, k, skip, 0);
}

/* If it is k, go on; else skip this many. */
static void unless(struct program *p, uint32_t k, uint8_t skip)
{
	add(p, BPF_JMP | BPF_JEQ | BPF_K, k, 0, skip);
}

static void end(struct program *p, bool pass)
{
	add(p, BPF_RET | BPF_K, pass ? UINT32_MAX : 0, 0, 0);
}

/* The first word of an attribute of a route.  Without it, skip this many of what follows. */
static void load_attr(struct program *p, uint32_t type, uint8_t skip)
{
	add(p, BPF_LDX | BPF_IMM, type, 0, 0);
	add(p, BPF_LD | BPF_IMM, AT_ATTRS, 0, 0);
	load(p, BPF_B, (uint32_t)SKF_AD_OFF + SKF_AD_NLATTR);
	when(p, 0, (uint8_t)(2 + skip));
	add(p, BPF_MISC | BPF_TAX, 0, 0, 0);
	add(p, BPF_LD | BPF_W | BPF_IND, NLA_HDRLEN, 0, 0);
}

/*
 * With our number, it is ours or that of another tunnel, which may have many.  One that is not
 * unicast has no link, or the kernel gives it one.
 */
static void pass_ours(struct program *p, uint32_t ifindex)
{
	load(p, BPF_B, AT_PROTO);
	unless(p, ROUTE_PROTO, 10);
	load(p, BPF_B, AT_KIND);
	unless(p, RTN_UNICAST, 7);
	load_attr(p, RTA_OIF, 1);
	unless(p, htonl(ifindex), 1);
	end(p, true);
}

/* Where it leads, as far as a word tells (of a default route 0, which is in A then), to memory. */
static void find_destination(struct program *p)
{
	load_attr(p, RTA_DST, 0);
	add(p, BPF_ST, DEST, 0, 0);
}

/* One that only begins alike passes too, and is sorted out later. */
static void pass_route(struct program *p, const struct route_entry *e)
{
	uint8_t table = e->table < 256 ? (uint8_t)e->table : RT_TABLE_COMPAT;

	load(p, BPF_B, AT_TABLE);
	unless(p, table, 5);
	load(p, BPF_H, AT_FAMILY);
	unless(p, (uint32_t)e->dst.ip.family << 8 | e->dst.bits, 3);
	add(p, BPF_LD | BPF_MEM, DEST, 0, 0);
	unless(p, load_be32(e->dst.ip.bytes), 1);
	end(p, true);
}

static void write_program(struct program *p, const struct notices_focus *f)
{
	/* The filter reads numbers as the network has them; these are in the host's order. */
	load(p, BPF_H, AT_TYPE);
	when(p, htons(RTM_NEWROUTE), 7);
	when(p, htons(RTM_DELROUTE), 6);
	when(p, htons(RTM_NEWRULE), 3);
	when(p, htons(RTM_DELRULE), 2);
	load(p, BPF_W, AT_LINK);
	unless(p, htonl(f->ifindex), 1);
	end(p, true);
	end(p, false);
	/* The first two jumps end here. */
	pass_ours(p, f->ifindex);
	find_destination(p);
	for (unsigned i = 0; i < f->n && i < NOTICES_ROUTES; i++)
		pass_route(p, &f->route[i]);
	end(p, false);
}

int notices_focus(struct notices *w, const struct notices_focus *focus)
{
	struct program p = { .n = 0 };
	struct sock_fprog what = { .filter = p.op };

	write_program(&p, focus);
	what.len = p.n;
	if (setsockopt(w->fd, SOL_SOCKET, SO_ATTACH_FILTER, &what, sizeof(what)) < 0)
		return -errno;
	return 0;
}

/* --- what is left --- */

/* Bridges report their ports in the same messages, but with their own family. */
static bool read_link(struct notice *n, const struct nlmsghdr *msg)
{
	const struct ifinfomsg *head = mnl_nlmsg_get_payload(msg);

	return link_parse(&n->link, msg) && head->ifi_family == AF_UNSPEC;
}

static bool read_notice(struct notice *n, const struct nlmsghdr *msg)
{
	*n = (struct notice){ .by = msg->nlmsg_pid };
	switch (msg->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		n->of = NOTICE_LINK;
		n->gone = msg->nlmsg_type == RTM_DELLINK;
		return read_link(n, msg);
	case RTM_NEWADDR:
	case RTM_DELADDR:
		n->of = NOTICE_ADDRESS;
		n->gone = msg->nlmsg_type == RTM_DELADDR;
		return ifaddr_parse(&n->address.ifindex, &n->address.prefix, msg);
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		n->of = NOTICE_ROUTE;
		n->gone = msg->nlmsg_type == RTM_DELROUTE;
		n->replaces = !n->gone && msg->nlmsg_flags & NLM_F_REPLACE;
		return route_parse(&n->route, msg);
	case RTM_NEWRULE:
	case RTM_DELRULE:
		n->of = NOTICE_RULE;
		n->gone = msg->nlmsg_type == RTM_DELRULE;
		return rule_parse(&n->rule, msg);
	default:
		return false;
	}
}

static int read_some(struct notices *w, notices_fn *fn, void *ctx)
{
	_Alignas(8) char bytes[BUFFER];
	const struct nlmsghdr *msg = (const void *)bytes;
	ssize_t got = mnl_socket_recvfrom(w->sock, bytes, sizeof(bytes));
	int len = (int)got;
	struct notice n;

	if (got < 0)
		return -errno;
	for (; mnl_nlmsg_ok(msg, len); msg = mnl_nlmsg_next(msg, &len)) {
		if (read_notice(&n, msg))
			fn(&n, ctx);
	}
	return 0;
}

int notices_read(struct notices *w, notices_fn *fn, void *ctx)
{
	bool lost = false;

	for (unsigned i = 0; i < READS; i++) {
		int r = read_some(w, fn, ctx);

		if (r == -EAGAIN)
			break;
		/* Too many to queue, or one too long to read. */
		if (r == -ENOBUFS || r == -ENOSPC)
			lost = true;
		else if (r < 0 && r != -EINTR)
			return r;
	}
	return lost ? -ENOBUFS : 0;
}
