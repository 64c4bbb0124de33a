/* SPDX-License-Identifier: ISC */
#include "netlink/ifaddr.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "base/mem.h"

static struct nlmsghdr *begin(struct rtnl_request *req, uint16_t type, uint16_t flags,
			      uint32_t ifindex, const struct prefix *address)
{
	struct nlmsghdr *msg = rtnl_begin(req, type, flags);
	struct ifaddrmsg *head = mnl_nlmsg_put_extra_header(msg, sizeof(*head));
	size_t len = ip_len(address->ip.family);

	head->ifa_family = address->ip.family;
	head->ifa_prefixlen = address->bits;
	head->ifa_index = ifindex;
	head->ifa_scope = RT_SCOPE_UNIVERSE;
	/* Set both, and equal: if they differ, the second is the other end of the link. */
	mnl_attr_put(msg, IFA_LOCAL, len, address->ip.bytes);
	mnl_attr_put(msg, IFA_ADDRESS, len, address->ip.bytes);
	return msg;
}

static int is_same(uint32_t ifindex, const struct prefix *address, void *ctx)
{
	const struct prefix *wanted = ctx;

	(void)ifindex;
	return address->bits == wanted->bits && ip_equal(&address->ip, &wanted->ip);
}

static int add(struct rtnl *r, uint32_t ifindex, const struct prefix *address)
{
	struct rtnl_request req;
	struct nlmsghdr *msg = begin(&req, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, ifindex,
				     address);
	struct ifaddrmsg *head = mnl_nlmsg_get_payload(msg);

	if (address->ip.family == AF_INET6)
		head->ifa_flags = IFA_F_NODAD;
	return rtnl_talk(r, msg, NULL, NULL);
}

int ifaddr_restore(struct rtnl *r, uint32_t ifindex, const struct prefix *address)
{
	int err = add(r, ifindex, address);

	if (err == -EEXIST)
		return 0;
	return err < 0 ? err : 1;
}

int ifaddr_add(struct rtnl *r, uint32_t ifindex, const struct prefix *address)
{
	struct prefix wanted = *address;
	int err = add(r, ifindex, address), same;

	if (err != -EEXIST)
		return err;
	/* IPv6 also reports that when the address exists with another length. */
	same = ifaddr_each(r, ifindex, is_same, &wanted);
	if (same < 0)
		return same;
	return same ? 0 : -EEXIST;
}

int ifaddr_del(struct rtnl *r, uint32_t ifindex, const struct prefix *address)
{
	struct rtnl_request req;
	int err = rtnl_talk(r, begin(&req, RTM_DELADDR, 0, ifindex, address), NULL, NULL);

	/* The link may be gone already, or have no IP of this family at all (ENXIO). */
	if (err == -EADDRNOTAVAIL || err == -ENODEV || err == -ENXIO || err == -ESRCH)
		return 0;
	return err;
}

struct entry {
	uint32_t ifindex;
	struct prefix address;
};

struct list {
	uint32_t ifindex;
	struct entry *entry;
	size_t n, cap;
};

bool ifaddr_parse(uint32_t *ifindex, struct prefix *address, const struct nlmsghdr *msg)
{
	const struct ifaddrmsg *head = mnl_nlmsg_get_payload(msg);
	const struct nlattr *attr[IFA_LOCAL + 1], *local;

	if ((msg->nlmsg_type != RTM_NEWADDR && msg->nlmsg_type != RTM_DELADDR) ||
	    mnl_nlmsg_get_payload_len(msg) < sizeof(*head))
		return false;
	if (head->ifa_family != AF_INET && head->ifa_family != AF_INET6)
		return false;
	rtnl_attrs(msg, sizeof(*head), attr, IFA_LOCAL + 1);
	/* IPv6 gives IFA_LOCAL only if the other end of the link is in IFA_ADDRESS. */
	local = attr[IFA_LOCAL] ? attr[IFA_LOCAL] : attr[IFA_ADDRESS];
	if (!local || mnl_attr_get_payload_len(local) != ip_len(head->ifa_family))
		return false;
	*ifindex = head->ifa_index;
	*address = (struct prefix){ .bits = head->ifa_prefixlen };
	address->ip.family = head->ifa_family;
	memcpy(address->ip.bytes, mnl_attr_get_payload(local), ip_len(head->ifa_family));
	return true;
}

static int collect(const struct nlmsghdr *msg, void *ctx)
{
	struct list *l = ctx;
	struct entry e;

	if (!ifaddr_parse(&e.ifindex, &e.address, msg) || (l->ifindex && l->ifindex != e.ifindex))
		return 0;
	if (l->n == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 16;
		struct entry *bigger = mem_resize(l->entry, cap, sizeof(*bigger));

		if (!bigger)
			return -ENOMEM;
		l->entry = bigger;
		l->cap = cap;
	}
	l->entry[l->n++] = e;
	return 0;
}

/* The list is complete first, so fn sees each address once, and may itself talk to the kernel. */
static int read_list(struct rtnl *r, struct list *l)
{
	int err = -EINTR;

	for (unsigned i = 0; i < RTNL_TRIES && err == -EINTR; i++) {
		struct rtnl_request req;
		struct nlmsghdr *msg = rtnl_begin(&req, RTM_GETADDR, NLM_F_DUMP);
		struct ifaddrmsg *head = mnl_nlmsg_put_extra_header(msg, sizeof(*head));

		head->ifa_family = AF_UNSPEC;
		l->n = 0;
		err = rtnl_talk(r, msg, collect, l);
	}
	return err;
}

int ifaddr_each(struct rtnl *r, uint32_t ifindex, ifaddr_fn *fn, void *ctx)
{
	struct list l = { .ifindex = ifindex };
	int err = read_list(r, &l);

	for (size_t i = 0; i < l.n && err == 0; i++)
		err = fn(l.entry[i].ifindex, &l.entry[i].address, ctx);
	mem_free(l.entry);
	return err;
}
