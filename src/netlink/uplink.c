/* SPDX-License-Identifier: ISC */
#include "netlink/uplink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "base/prefix.h"
#include "netlink/route.h"

struct search {
	struct ip to;
	uint32_t around;
	uint32_t ifindex; /* of the best so far; 0: none */
	uint8_t bits;
	uint32_t priority;
};

static bool is_dead(unsigned flags)
{
	return flags & (RTNH_F_DEAD | RTNH_F_LINKDOWN);
}

/* The first way of a route with several that does not leave by that link; 0: none does. */
static uint32_t first_hop(const struct nlattr *hops, uint32_t around)
{
	struct rtnexthop *hop = mnl_attr_get_payload(hops); /* RTNH_NEXT() takes no const */
	int left = mnl_attr_get_payload_len(hops);

	for (; RTNH_OK(hop, left); left -= RTNH_ALIGN(hop->rtnh_len), hop = RTNH_NEXT(hop)) {
		if (!is_dead(hop->rtnh_flags) && (uint32_t)hop->rtnh_ifindex != around)
			return (uint32_t)hop->rtnh_ifindex;
	}
	return 0;
}

static bool leads_to(const struct rtmsg *head, const struct nlattr *dst, const struct ip *to)
{
	struct prefix p = { .ip.family = head->rtm_family, .bits = head->rtm_dst_len };

	if (head->rtm_src_len || p.bits > ip_bits(to->family))
		return false;
	if (dst && mnl_attr_get_payload_len(dst) == ip_len(to->family))
		memcpy(p.ip.bytes, mnl_attr_get_payload(dst), ip_len(to->family));
	return prefix_contains(&p, to);
}

static int match(const struct nlmsghdr *msg, void *ctx)
{
	struct search *s = ctx;
	const struct rtmsg *head = mnl_nlmsg_get_payload(msg);
	const struct nlattr *attr[RTA_TABLE + 1];
	uint32_t ifindex, priority;

	if (msg->nlmsg_type != RTM_NEWROUTE || mnl_nlmsg_get_payload_len(msg) < sizeof(*head))
		return 0;
	if (head->rtm_family != s->to.family || head->rtm_dst_len < s->bits ||
	    head->rtm_type != RTN_UNICAST || head->rtm_flags & RTM_F_CLONED ||
	    is_dead(head->rtm_flags))
		return 0;
	rtnl_attrs(msg, sizeof(*head), attr, RTA_TABLE + 1);
	if (rtnl_u32(attr[RTA_TABLE], head->rtm_table) != ROUTE_TABLE_MAIN ||
	    !leads_to(head, attr[RTA_DST], &s->to))
		return 0;
	ifindex = attr[RTA_MULTIPATH] ? first_hop(attr[RTA_MULTIPATH], s->around)
				      : rtnl_u32(attr[RTA_OIF], 0);
	priority = rtnl_u32(attr[RTA_PRIORITY], 0);
	if (!ifindex || ifindex == s->around ||
	    (s->ifindex && head->rtm_dst_len == s->bits && priority >= s->priority))
		return 0;
	s->ifindex = ifindex;
	s->bits = head->rtm_dst_len;
	s->priority = priority;
	return 0;
}

int uplink_find(struct rtnl *r, const struct ip *to, uint32_t around, uint32_t *ifindex)
{
	struct search s = { .to = *to, .around = around };
	int err = -EINTR;

	for (unsigned i = 0; i < RTNL_TRIES && err == -EINTR; i++) {
		struct rtnl_request req;
		struct nlmsghdr *msg = rtnl_begin(&req, RTM_GETROUTE, NLM_F_DUMP);
		struct rtmsg *head = mnl_nlmsg_put_extra_header(msg, sizeof(*head));

		head->rtm_family = to->family;
		s.ifindex = 0;
		s.bits = 0;
		err = rtnl_talk(r, msg, match, &s);
	}
	if (err < 0)
		return err == -EAFNOSUPPORT || err == -EOPNOTSUPP ? -ENETUNREACH : err;
	*ifindex = s.ifindex;
	return s.ifindex ? 0 : -ENETUNREACH;
}
