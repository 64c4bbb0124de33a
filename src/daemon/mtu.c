/* SPDX-License-Identifier: ISC */
#include "daemon/mtu.h"

#include "base/bytes.h"
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

static uint32_t of_path(struct host *h, const struct ip *ip, uint32_t ifindex, uint32_t mark)
{
	struct route_path path = { 0 };

	if (host_path(h, ip, mark, &path) < 0)
		return 0;
	return path.ifindex == ifindex ? 0 : path.mtu;
}

/* Addresses that stand for anywhere: nothing is sent to them. */
static uint32_t of_default_route(struct host *h, uint32_t ifindex, uint32_t mark)
{
	static const char *const anywhere[] = { "192.0.2.1", "2001:db8::1" };

	for (size_t i = 0; i < LEN(anywhere); i++) {
		struct ip ip = { 0 };
		uint32_t mtu;

		if (!ip_parse(&ip, anywhere[i], strlen(anywhere[i])))
			continue;
		mtu = of_path(h, &ip, ifindex, mark);
		if (mtu)
			return mtu;
	}
	return 0;
}

uint32_t mtu_choose(struct host *h, const struct tunnel *t, uint32_t ifindex, uint32_t mark)
{
	uint32_t least = 0;

	for (const struct peer *p = admin_first(t); p; p = p->next) {
		struct ip ip = endpoint_ip(&p->endpoint);
		uint32_t mtu = ip.family ? of_path(h, &ip, ifindex, mark) : 0;

		if (mtu && (!least || mtu < least))
			least = mtu;
	}
	if (!least)
		least = of_default_route(h, ifindex, mark);
	return mtu_inside(least ? least : MTU_ETHERNET);
}
