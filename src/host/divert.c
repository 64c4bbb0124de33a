/* SPDX-License-Identifier: ISC */
#include "host/divert.h"

#include <errno.h>

#include "host/sysctl.h"
#include "netlink/route.h"

enum {
	FIRST_TABLE = 51820, /* where wg-quick starts... */
	TABLES = 4096,       /* ...and how many to try */
};

int divert_free_table(struct rtnl *rtnl, uint32_t *table)
{
	for (uint32_t t = FIRST_TABLE; t < FIRST_TABLE + TABLES; t++) {
		bool empty = false;
		int r = route_table_is_empty(rtnl, t, &empty);

		if (r < 0)
			return r;
		if (empty) {
			*table = t;
			return 0;
		}
	}
	return -ENOSPC;
}

/* It serves every tunnel with a default route: the last one removes it. */
static int del_suppress(struct rtnl *rtnl, int family)
{
	unsigned not_mark = 0, suppress = 0;
	int r = rule_count(rtnl, family, &not_mark, &suppress);

	return r == 0 && not_mark == 0 ? rule_del_suppress(rtnl, family) : r;
}

int divert_add(struct rtnl *rtnl, uint32_t ifindex, int family, uint32_t table)
{
	struct prefix all = { .ip.family = (uint8_t)family };
	int r;

	/* Never reset: another tunnel on this host may rely on it (wg-quick leaves it, too). */
	if (family == AF_INET)
		sysctl_write(SYSCTL_VALID_MARK, '1');
	/* The rule that diverts comes last: until then nothing has changed. */
	r = route_add(rtnl, &all, ifindex, table);
	/* If it is switched on later, the rules keep it from leaving in clear. */
	if (r < 0 && family == AF_INET6 && sysctl_ipv6_is_off())
		r = 0;
	if (r < 0)
		return r;
	r = rule_add_suppress(rtnl, family);
	if (r < 0)
		goto no_suppress;
	r = rule_add_not_mark(rtnl, family, table, table);
	/* As none by mark needed it until then, another tunnel may have swept the first. */
	if (r == 0)
		r = rule_add_suppress(rtnl, family);
	if (r == 0)
		return 0;
	del_suppress(rtnl, family);
no_suppress:
	route_del(rtnl, &all, ifindex, table);
	return r;
}

int divert_del(struct rtnl *rtnl, uint32_t ifindex, int family, uint32_t table)
{
	struct prefix all = { .ip.family = (uint8_t)family };
	int r, first = 0;

	r = rule_del_not_mark(rtnl, family, table, table);
	if (r < 0)
		first = r;
	r = del_suppress(rtnl, family);
	if (r < 0 && !first)
		first = r;
	r = route_del(rtnl, &all, ifindex, table);
	/* The routes went with the device. */
	if (r < 0 && r != -ENODEV && !first)
		first = r;
	return first;
}
