/* SPDX-License-Identifier: ISC */
#include "daemon/rpfilter.h"

#include <string.h>

#include "base/breath.h"
#include "netlink/link.h"
#include "netlink/netconf.h"
#include "netlink/route.h"
#include "privsep/reconcile.h"
#include "proto/admin.h"

/* It accepts a datagram only if an answer to it would leave by the same device. */
static bool filters_strictly(struct daemon *d, uint32_t ifindex, char name[IF_NAMESIZE])
{
	struct link_info info;
	int filter = 0;

	if (netconf_rp_filter(&d->rtnl, ifindex, &filter) < 0 || filter != NETCONF_STRICT ||
	    link_get_index(&d->rtnl, ifindex, &info) < 0)
		return false;
	memcpy(name, info.name, sizeof(info.name));
	return true;
}

/* Otherwise nftables give what arrives the mark of what it answers. */
static bool may_drop(const struct daemon *d)
{
	return d->crossing & CROSSING_DIVERTS && d->crossing & CROSSING_EXPOSED;
}

/* The kernel looks up the way back without the mark. */
bool rpfilter_drops(struct daemon *d, const struct peer *p, char name[IF_NAMESIZE])
{
	struct ip ip = endpoint_ip(&p->endpoint);
	struct route_path there, back;

	if (!may_drop(d) || ip.family != AF_INET || route_get(&d->rtnl, &ip, d->mark, &there) < 0 ||
	    route_get(&d->rtnl, &ip, 0, &back) < 0)
		return false;
	return there.ifindex != back.ifindex && filters_strictly(d, there.ifindex, name);
}

void rpfilter_warn(struct daemon *d, const struct peer *peer)
{
	const struct peer *p = peer ? peer : admin_first(&d->datapath.tunnel);
	char name[IF_NAMESIZE];

	if (!may_drop(d) || d->said_strict)
		return;
	for (; p; p = peer ? NULL : p->next) {
		if (!peer)
			breath();
		if (!rpfilter_drops(d, p, name))
			continue;
		log_warn("strict rp_filter on %s drops packets from peers while the default route "
			 "leads into the tunnel: run sysctl net.ipv4.conf.%s.rp_filter=2",
			 name, name);
		d->said_strict = true;
		return;
	}
}
