/* SPDX-License-Identifier: ISC */
#include "netlink/link.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>

#include "base/bytes.h"

static void copy_text(char *out, size_t size, const struct nlattr *attr)
{
	size_t len;

	memset(out, 0, size);
	if (!attr)
		return;
	len = mnl_attr_get_payload_len(attr);
	if (len > size - 1)
		len = size - 1;
	memcpy(out, mnl_attr_get_payload(attr), len);
}

bool link_parse(struct link_info *info, const struct nlmsghdr *msg)
{
	const struct ifinfomsg *head = mnl_nlmsg_get_payload(msg);
	const struct nlattr *attr[IFLA_GSO_MAX_SEGS + 1];
	const struct nlattr *kind[IFLA_INFO_KIND + 1] = { NULL };

	if (mnl_nlmsg_get_payload_len(msg) < sizeof(*head))
		return false;
	rtnl_attrs(msg, sizeof(*head), attr, LEN(attr));
	if (attr[IFLA_LINKINFO])
		rtnl_nested(attr[IFLA_LINKINFO], kind, IFLA_INFO_KIND + 1);
	*info = (struct link_info){
		.ifindex = (uint32_t)head->ifi_index,
		.mtu = rtnl_u32(attr[IFLA_MTU], 0),
		.segments = rtnl_u32(attr[IFLA_GSO_MAX_SEGS], 0),
		.up = head->ifi_flags & IFF_UP,
		.loopback = head->ifi_flags & IFF_LOOPBACK,
	};
	copy_text(info->name, sizeof(info->name), attr[IFLA_IFNAME]);
	copy_text(info->kind, sizeof(info->kind), kind[IFLA_INFO_KIND]);
	return true;
}

struct found {
	struct link_info *info;
	bool any;
};

static int find(const struct nlmsghdr *msg, void *ctx)
{
	struct found *f = ctx;

	if (msg->nlmsg_type == RTM_NEWLINK && link_parse(f->info, msg))
		f->any = true;
	return 0;
}

static int ask(struct rtnl *r, struct nlmsghdr *msg, struct link_info *info)
{
	struct link_info got;
	struct found f = { .info = &got };
	int err = rtnl_talk(r, msg, find, &f);

	if (err < 0)
		return err;
	if (!f.any)
		return -ENODEV;
	*info = got;
	return 0;
}

static struct nlmsghdr *begin(struct rtnl_request *req, uint16_t type, uint32_t ifindex)
{
	struct nlmsghdr *msg = rtnl_begin(req, type, 0);
	struct ifinfomsg *head = mnl_nlmsg_put_extra_header(msg, sizeof(*head));

	head->ifi_index = (int)ifindex;
	return msg;
}

int link_get(struct rtnl *r, const char *name, struct link_info *info)
{
	struct rtnl_request req;
	struct nlmsghdr *msg;

	if (name[0] == '\0' || strlen(name) >= IFNAMSIZ)
		return -ENODEV;
	msg = begin(&req, RTM_GETLINK, 0);
	mnl_attr_put_strz(msg, IFLA_IFNAME, name);
	return ask(r, msg, info);
}

int link_get_index(struct rtnl *r, uint32_t ifindex, struct link_info *info)
{
	struct rtnl_request req;

	if (ifindex == 0)
		return -ENODEV;
	return ask(r, begin(&req, RTM_GETLINK, ifindex), info);
}

int link_set_up(struct rtnl *r, uint32_t ifindex, bool up)
{
	struct rtnl_request req;
	struct nlmsghdr *msg;
	struct ifinfomsg *head;

	if (ifindex == 0)
		return -ENODEV;
	msg = begin(&req, RTM_NEWLINK, ifindex);
	head = mnl_nlmsg_get_payload(msg);
	head->ifi_change = IFF_UP;
	head->ifi_flags = up ? IFF_UP : 0;
	return rtnl_talk(r, msg, NULL, NULL);
}

static int set_u32(struct rtnl *r, uint32_t ifindex, uint16_t what, uint32_t value)
{
	struct rtnl_request req;
	struct nlmsghdr *msg;

	if (ifindex == 0)
		return -ENODEV;
	msg = begin(&req, RTM_NEWLINK, ifindex);
	mnl_attr_put_u32(msg, what, value);
	return rtnl_talk(r, msg, NULL, NULL);
}

int link_set_mtu(struct rtnl *r, uint32_t ifindex, uint32_t mtu)
{
	return set_u32(r, ifindex, IFLA_MTU, mtu);
}

int link_set_queue_len(struct rtnl *r, uint32_t ifindex, uint32_t packets)
{
	return set_u32(r, ifindex, IFLA_TXQLEN, packets);
}

int link_set_segments(struct rtnl *r, uint32_t ifindex, uint32_t segments)
{
	return set_u32(r, ifindex, IFLA_GSO_MAX_SEGS, segments);
}
