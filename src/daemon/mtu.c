/* SPDX-License-Identifier: ISC */
#include "daemon/mtu.h"

#include "base/breath.h"
#include "base/bytes.h"
#include "netlink/route.h"
#include "proto/admin.h"

enum { MTU_ETHERNET = 1500, MTU_IP_MAX = 65535 };

uint32_t mtu_inside(uint32_t network)
{
	if (network > MTU_IP_MAX + 1)
		network = MTU_IP_MAX + 1;
	if (network < MTU_MIN + MTU_OVERHEAD)
		return MTU_MIN;
	return network - MTU_OVERHEAD;
}

static uint32_t of_path(struct rtnl *r, const struct ip *ip, uint32_t ifindex, uint32_t mark)
{
	struct route_path path = { 0 };

	if (route_get(r, ip, mark, &path) < 0)
		return 0;
	return path.ifindex == ifindex || !path.leaves ? 0 : path.mtu;
}

/*
 * Addresses that stand for anywhere: nothing is sent to them.  More than one, because labs
 * use those of documentation, and routers discard them.
 */
static uint32_t of_default_route(struct rtnl *r, uint32_t ifindex, uint32_t mark)
{
	static const char *const anywhere[] = { "192.0.2.1", "198.51.100.1", "203.0.113.1",
						"2001:db8::1" };

	for (size_t i = 0; i < LEN(anywhere); i++) {
		struct ip ip = { 0 };
		uint32_t mtu;

		if (!ip_parse(&ip, anywhere[i], strlen(anywhere[i])))
			continue;
		mtu = of_path(r, &ip, ifindex, mark);
		if (mtu)
			return mtu;
	}
	return 0;
}

/* Asks the kernel only about a peer that moved; one that is looked for elsewhere did not. */
static uint32_t of_peer(struct rtnl *r, struct peer *p, uint32_t ifindex, uint32_t mark)
{
	struct ip ip = endpoint_ip(reach_home(&p->reach, &p->endpoint));

	if (!ip.family)
		return 0;
	if (!ip_equal(&p->note.path_to, &ip)) {
		p->note.path_mtu = of_path(r, &ip, ifindex, mark);
		p->note.path_to = ip;
	}
	return p->note.path_mtu;
}

/* 0: unknown. */
static uint32_t lesser(uint32_t a, uint32_t b)
{
	if (!a || !b)
		return a ? a : b;
	return a < b ? a : b;
}

static uint32_t choose(struct rtnl *r, uint32_t least, uint32_t ifindex, uint32_t mark)
{
	if (!least)
		least = of_default_route(r, ifindex, mark);
	return mtu_inside(least ? least : MTU_ETHERNET);
}

uint32_t mtu_choose(struct rtnl *r, const struct tunnel *t, uint32_t ifindex, uint32_t mark)
{
	uint32_t least = 0;

	for (struct peer *p = admin_first(t); p; p = p->next) {
		breath();
		least = lesser(least, of_peer(r, p, ifindex, mark));
	}
	return choose(r, least, ifindex, mark);
}

uint32_t mtu_expect(struct rtnl *r, const struct conf *c, uint32_t ifindex, uint32_t mark)
{
	uint32_t least = 0;

	for (size_t i = 0; i < c->n_peer; i++) {
		struct ip ip = endpoint_ip(&c->peer[i].endpoint);

		breath();
		if (ip.family)
			least = lesser(least, of_path(r, &ip, ifindex, mark));
	}
	return choose(r, least, ifindex, mark);
}

void mtu_forget(const struct tunnel *t)
{
	for (struct peer *p = admin_first(t); p; p = p->next)
		p->note.path_to = (struct ip){ 0 };
}
