/* SPDX-License-Identifier: ISC */
#include "netlink/block.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include "base/bytes.h"
#include "netlink/route.h"

#define DISTANCE   0xff000000u /* the farthest; routing daemons read a metric like that, too */
#define FNV_OFFSET 2166136261u
#define FNV_PRIME  16777619u

/* FNV-1a, folded. */
uint32_t block_metric(const char *name)
{
	uint32_t hash = FNV_OFFSET;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * FNV_PRIME;
	return DISTANCE | ((hash >> 24 ^ hash) & ~DISTANCE);
}

static struct nlmsghdr *begin(struct rtnl_request *req, uint16_t type, uint16_t flags, int family,
			      uint32_t table)
{
	struct nlmsghdr *msg = rtnl_begin(req, type, flags);
	struct rtmsg *head = mnl_nlmsg_put_extra_header(msg, sizeof(*head));

	head->rtm_family = (uint8_t)family;
	head->rtm_protocol = ROUTE_PROTO;
	head->rtm_type = RTN_UNREACHABLE;
	if (table) {
		head->rtm_table = table < 256 ? (uint8_t)table : RT_TABLE_UNSPEC;
		mnl_attr_put_u32(msg, RTA_TABLE, table);
	}
	return msg;
}

int block_restore(struct rtnl *r, int family, uint32_t table, uint32_t metric)
{
	struct rtnl_request req;
	struct nlmsghdr *msg = begin(&req, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, family, table);
	int err;

	mnl_attr_put_u32(msg, RTA_PRIORITY, metric);
	err = rtnl_talk(r, msg, NULL, NULL);
	if (err == -EEXIST)
		return 0;
	return err < 0 ? err : 1;
}

int block_add(struct rtnl *r, int family, uint32_t table, uint32_t metric)
{
	int err = block_restore(r, family, table, metric);

	return err < 0 ? err : 0;
}

int block_del(struct rtnl *r, int family, uint32_t table, uint32_t metric)
{
	struct rtnl_request req;
	struct nlmsghdr *msg = begin(&req, RTM_DELROUTE, 0, family, table);
	int err;

	mnl_attr_put_u32(msg, RTA_PRIORITY, metric);
	err = rtnl_talk(r, msg, NULL, NULL);
	return err == -ESRCH || err == -ENOENT ? 0 : err;
}

struct search {
	int family;
	uint32_t metric;
	uint32_t *table;
	size_t room, n;
};

/* Old kernels filter no list by protocol or type. */
static int match(const struct nlmsghdr *msg, void *ctx)
{
	struct search *s = ctx;
	const struct rtmsg *head = mnl_nlmsg_get_payload(msg);
	const struct nlattr *attr[RTA_TABLE + 1];

	if (msg->nlmsg_type != RTM_NEWROUTE || mnl_nlmsg_get_payload_len(msg) < sizeof(*head))
		return 0;
	if (head->rtm_family != s->family || head->rtm_protocol != ROUTE_PROTO ||
	    head->rtm_type != RTN_UNREACHABLE || head->rtm_dst_len)
		return 0;
	rtnl_attrs(msg, sizeof(*head), attr, LEN(attr));
	if (rtnl_u32(attr[RTA_PRIORITY], 0) == s->metric && s->n < s->room)
		s->table[s->n++] = rtnl_u32(attr[RTA_TABLE], head->rtm_table);
	return 0;
}

int block_tables(struct rtnl *r, int family, uint32_t metric, uint32_t *table, size_t room,
		 size_t *n)
{
	struct search s = { .family = family, .metric = metric, .table = table, .room = room };
	int err = -EINTR;

	for (unsigned i = 0; i < RTNL_TRIES && err == -EINTR; i++) {
		struct rtnl_request req;

		s.n = 0;
		err = rtnl_talk(r, begin(&req, RTM_GETROUTE, NLM_F_DUMP, family, 0), match, &s);
	}
	*n = err < 0 ? 0 : s.n;
	/* No such family here, or no route at all. */
	return err == -ENOENT || err == -EAFNOSUPPORT || err == -EOPNOTSUPP ? 0 : err;
}
