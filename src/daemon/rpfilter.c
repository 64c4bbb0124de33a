/* SPDX-License-Identifier: ISC */
#include "daemon/rpfilter.h"

#include "proto/admin.h"

/* The kernel looks up the way back without the mark. */
bool rpfilter_drops(struct daemon *d, const struct peer *p, char name[IF_NAMESIZE])
{
	struct ip ip = endpoint_ip(&p->endpoint);
	struct route_path there, back;

	if (!d->network.divert[NETWORK_V4] || ip.family != AF_INET ||
	    host_path(d->host, &ip, d->mark, &there) < 0 || host_path(d->host, &ip, 0, &back) < 0)
		return false;
	return there.ifindex != back.ifindex && host_filters_strictly(d->host, there.ifindex, name);
}

void rpfilter_warn(struct daemon *d, const struct peer *peer)
{
	const struct peer *p = peer ? peer : admin_first(&d->datapath.tunnel);
	char name[IF_NAMESIZE];

	if (!d->network.divert[NETWORK_V4] || d->said_strict)
		return;
	for (; p; p = peer ? NULL : p->next) {
		if (!rpfilter_drops(d, p, name))
			continue;
		log_warn("strict rp_filter on %s drops packets from peers while the default route "
			 "leads into the tunnel: run sysctl net.ipv4.conf.%s.rp_filter=2",
			 name, name);
		d->said_strict = true;
		return;
	}
}
