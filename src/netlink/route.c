/* SPDX-License-Identifier: ISC */
#include "netlink/route.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "netlink/link.h"

static uint32_t real_table(uint32_t table)
{
	return table ? table : ROUTE_TABLE_MAIN;
}

/* Tables beyond 255 do not fit the header; the attribute counts then. */
static void put_table(struct nlmsghdr *msg, struct rtmsg *head, uint32_t table)
{
	head->rtm_table = table < 256 ? (uint8_t)table : RT_TABLE_UNSPEC;
	mnl_attr_put_u32(msg, RTA_TABLE, table);
}

static struct nlmsghdr *begin(struct rtnl_request *req, uint16_t type, uint16_t flags,
			      const struct prefix *dst, uint32_t ifindex, uint32_t table)
{
	struct nlmsghdr *msg = rtnl_begin(req, type, flags);
	struct rtmsg *head = mnl_nlmsg_put_extra_header(msg, sizeof(*head));
	struct prefix net = *dst;

	prefix_mask(&net);
	head->rtm_family = net.ip.family;
	head->rtm_dst_len = net.bits;
	head->rtm_protocol = ROUTE_PROTO;
	head->rtm_scope = RT_SCOPE_LINK;
	head->rtm_type = RTN_UNICAST;
	put_table(msg, head, real_table(table));
	if (net.bits)
		mnl_attr_put(msg, RTA_DST, ip_len(net.ip.family), net.ip.bytes);
	mnl_attr_put_u32(msg, RTA_OIF, ifindex);
	return msg;
}

bool route_parse(struct route_entry *e, const struct nlmsghdr *msg)
{
	const struct rtmsg *head = mnl_nlmsg_get_payload(msg);
	const struct nlattr *attr[RTA_TABLE + 1];

	if ((msg->nlmsg_type != RTM_NEWROUTE && msg->nlmsg_type != RTM_DELROUTE) ||
	    mnl_nlmsg_get_payload_len(msg) < sizeof(*head))
		return false;
	if (head->rtm_family != AF_INET && head->rtm_family != AF_INET6)
		return false;
	/* Clones remember a path MTU or redirect; they are not routes of their own. */
	if (head->rtm_flags & RTM_F_CLONED)
		return false;
	rtnl_attrs(msg, sizeof(*head), attr, RTA_TABLE + 1);
	*e = (struct route_entry){
		.dst = { .ip.family = head->rtm_family, .bits = head->rtm_dst_len },
		.table = rtnl_u32(attr[RTA_TABLE], head->rtm_table),
		.ifindex = rtnl_u32(attr[RTA_OIF], 0),
		.metric = rtnl_u32(attr[RTA_PRIORITY], 0),
		.proto = head->rtm_protocol,
	};
	if (!head->rtm_tos && !head->rtm_src_len) {
		e->plain = head->rtm_type == RTN_UNICAST;
		e->unreachable = head->rtm_type == RTN_UNREACHABLE;
	}
	if (attr[RTA_DST] && mnl_attr_get_payload_len(attr[RTA_DST]) == ip_len(head->rtm_family))
		memcpy(e->dst.ip.bytes, mnl_attr_get_payload(attr[RTA_DST]),
		       ip_len(head->rtm_family));
	return true;
}

/* Which routes of a table are wanted. */
struct list {
	uint32_t table, ifindex; /* 0: any */
	route_fn *fn;
	void *ctx;
};

static int take(const struct nlmsghdr *msg, void *ctx)
{
	const struct list *l = ctx;
	struct route_entry e;

	if (msg->nlmsg_type == RTM_NEWROUTE && route_parse(&e, msg) && e.table == l->table &&
	    (!l->ifindex || e.ifindex == l->ifindex))
		l->fn(&e, l->ctx);
	return 0;
}

/* The kernel sends only these, from 4.20 on. */
static int list_routes(struct rtnl *r, int family, struct list *l)
{
	int err = -EINTR;

	for (unsigned i = 0; i < RTNL_TRIES && err == -EINTR; i++) {
		struct rtnl_request req;
		struct nlmsghdr *msg = rtnl_begin(&req, RTM_GETROUTE, NLM_F_DUMP);
		struct rtmsg *head = mnl_nlmsg_put_extra_header(msg, sizeof(*head));

		head->rtm_family = (uint8_t)family;
		put_table(msg, head, l->table);
		if (l->ifindex)
			mnl_attr_put_u32(msg, RTA_OIF, l->ifindex);
		err = rtnl_talk(r, msg, take, l);
	}
	/* No such table, link or family here: it is empty. */
	if (err == -ENOENT || err == -ENODEV || err == -EAFNOSUPPORT || err == -EOPNOTSUPP)
		return 0;
	return err;
}

int route_each(struct rtnl *r, int family, uint32_t table, uint32_t ifindex, route_fn *fn,
	       void *ctx)
{
	struct list l = { real_table(table), ifindex, fn, ctx };

	return list_routes(r, family, &l);
}

/* What a list of routes is searched for. */
struct search {
	const struct prefix *dst; /* NULL: any */
	uint32_t ifindex;
	bool found;
};

static void match(const struct route_entry *e, void *ctx)
{
	struct search *s = ctx;

	if (!s->dst || (prefix_equal(&e->dst, s->dst) && e->ifindex == s->ifindex))
		s->found = true;
}

static int add(struct rtnl *r, const struct prefix *dst, uint32_t ifindex, uint32_t table)
{
	struct rtnl_request req;

	return rtnl_talk(r,
			 begin(&req, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, dst, ifindex, table),
			 NULL, NULL);
}

int route_add(struct rtnl *r, const struct prefix *dst, uint32_t ifindex, uint32_t table)
{
	struct prefix net = *dst;
	struct search s = { .dst = &net, .ifindex = ifindex };
	int err = add(r, dst, ifindex, table);

	if (err != -EEXIST)
		return err;
	prefix_mask(&net);
	err = route_each(r, net.ip.family, table, 0, match, &s);
	if (err < 0)
		return err;
	return s.found ? 0 : -EEXIST;
}

int route_restore(struct rtnl *r, const struct prefix *dst, uint32_t ifindex, uint32_t table)
{
	int err = add(r, dst, ifindex, table);

	if (err == -EEXIST)
		return 0;
	return err < 0 ? err : 1;
}

int route_del(struct rtnl *r, const struct prefix *dst, uint32_t ifindex, uint32_t table)
{
	struct rtnl_request req;
	int err = rtnl_talk(r, begin(&req, RTM_DELROUTE, 0, dst, ifindex, table), NULL, NULL);

	return err == -ESRCH || err == -ENODEV || err == -ENOENT ? 0 : err;
}

struct way {
	struct route_path path;
	bool found;
};

static int read_way(const struct nlmsghdr *msg, void *ctx)
{
	struct way *w = ctx;
	const struct rtmsg *head = mnl_nlmsg_get_payload(msg);
	const struct nlattr *attr[RTA_TABLE + 1], *metric[RTAX_MTU + 1], *source;

	if (msg->nlmsg_type != RTM_NEWROUTE || mnl_nlmsg_get_payload_len(msg) < sizeof(*head))
		return 0;
	rtnl_attrs(msg, sizeof(*head), attr, RTA_TABLE + 1);
	w->found = true;
	w->path.ifindex = rtnl_u32(attr[RTA_OIF], 0);
	w->path.leaves = head->rtm_type == RTN_UNICAST;
	if (attr[RTA_METRICS]) {
		rtnl_nested(attr[RTA_METRICS], metric, RTAX_MTU + 1);
		w->path.mtu = rtnl_u32(metric[RTAX_MTU], 0);
	}
	source = attr[RTA_PREFSRC];
	if (source && mnl_attr_get_payload_len(source) == ip_len(head->rtm_family)) {
		w->path.source.family = head->rtm_family;
		memcpy(w->path.source.bytes, mnl_attr_get_payload(source),
		       ip_len(head->rtm_family));
	}
	return 0;
}

int route_get(struct rtnl *r, const struct ip *dst, uint32_t mark, struct route_path *path)
{
	struct rtnl_request req;
	struct nlmsghdr *msg = rtnl_begin(&req, RTM_GETROUTE, 0);
	struct rtmsg *head = mnl_nlmsg_put_extra_header(msg, sizeof(*head));
	struct way w = { 0 };
	struct link_info link;
	int err;

	head->rtm_family = dst->family;
	head->rtm_dst_len = (uint8_t)ip_bits(dst->family);
	mnl_attr_put(msg, RTA_DST, ip_len(dst->family), dst->bytes);
	if (mark)
		mnl_attr_put_u32(msg, RTA_MARK, mark);
	err = rtnl_talk(r, msg, read_way, &w);
	if (err < 0)
		return err;
	if (!w.found)
		return -ENETUNREACH;
	err = link_get_index(r, w.path.ifindex, &link);
	if (err < 0)
		return err;
	w.path.leaves &= !link.loopback;
	if (w.path.mtu == 0)
		w.path.mtu = link.mtu;
	*path = w.path;
	return 0;
}

int route_table_is_empty(struct rtnl *r, uint32_t table, bool *empty)
{
	static const int family[] = { AF_INET, AF_INET6 };
	struct search s = { 0 };

	for (unsigned i = 0; i < 2; i++) {
		int err = route_each(r, family[i], table, 0, match, &s);

		if (err < 0)
			return err;
		if (s.found)
			break;
	}
	*empty = !s.found;
	return 0;
}
