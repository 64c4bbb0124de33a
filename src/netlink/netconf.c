/* SPDX-License-Identifier: ISC */
#include "netlink/netconf.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netconf.h>
#include <linux/rtnetlink.h>

#include "base/bytes.h"

struct search {
	uint32_t but;
	bool found;
};

static int see(const struct nlmsghdr *msg, void *ctx)
{
	const struct nlattr *attr[NETCONFA_FORWARDING + 1];
	struct search *s = ctx;
	uint32_t ifindex;

	if (msg->nlmsg_type != RTM_NEWNETCONF)
		return 0;
	rtnl_attrs(msg, sizeof(struct netconfmsg), attr, LEN(attr));
	ifindex = rtnl_u32(attr[NETCONFA_IFINDEX], s->but);
	/* The default is for future interfaces, which will report their own. */
	if (ifindex == s->but || ifindex == (uint32_t)NETCONFA_IFINDEX_DEFAULT)
		return 0;
	if (rtnl_u32(attr[NETCONFA_FORWARDING], 0))
		s->found = true;
	return 0;
}

static int ask(struct rtnl *r, uint8_t family, struct search *s)
{
	int err = -EINTR;

	for (int i = 0; i < RTNL_TRIES && err == -EINTR; i++) {
		struct rtnl_request req;
		struct nlmsghdr *msg = rtnl_begin(&req, RTM_GETNETCONF, NLM_F_DUMP);
		struct netconfmsg *head = mnl_nlmsg_put_extra_header(msg, sizeof(*head));

		head->ncm_family = family;
		err = rtnl_talk(r, msg, see, s);
	}
	return err == -EOPNOTSUPP || err == -EAFNOSUPPORT ? 0 : err;
}

static int take_filter(const struct nlmsghdr *msg, void *ctx)
{
	const struct nlattr *attr[NETCONFA_RP_FILTER + 1];
	int *filter = ctx, value;

	if (msg->nlmsg_type != RTM_NEWNETCONF)
		return 0;
	rtnl_attrs(msg, sizeof(struct netconfmsg), attr, LEN(attr));
	value = (int)rtnl_u32(attr[NETCONFA_RP_FILTER], 0);
	if (value > *filter)
		*filter = value;
	return 0;
}

static int ask_one(struct rtnl *r, int32_t ifindex, int *filter)
{
	struct rtnl_request req;
	struct nlmsghdr *msg = rtnl_begin(&req, RTM_GETNETCONF, 0);
	struct netconfmsg *head = mnl_nlmsg_put_extra_header(msg, sizeof(*head));

	head->ncm_family = AF_INET;
	mnl_attr_put_u32(msg, NETCONFA_IFINDEX, (uint32_t)ifindex);
	return rtnl_talk(r, msg, take_filter, filter);
}

int netconf_rp_filter(struct rtnl *r, uint32_t ifindex, int *filter)
{
	int err;

	*filter = 0;
	err = ask_one(r, NETCONFA_IFINDEX_ALL, filter);
	return err < 0 ? err : ask_one(r, (int32_t)ifindex, filter);
}

int netconf_forwards(struct rtnl *r, uint32_t but, bool *forwards)
{
	struct search s = { .but = but };
	int err = ask(r, AF_INET, &s);

	if (err == 0)
		err = ask(r, AF_INET6, &s);
	if (err == 0)
		*forwards = s.found;
	return err;
}
