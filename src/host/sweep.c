/* SPDX-License-Identifier: ISC */
#include "host/sweep.h"

#include <sys/socket.h>

#include "base/bytes.h"
#include "netlink/route.h"

enum { SWEPT = 16 }; /* stale rules at a time */

/* Another tunnel's rules have a route while its link is up; when it comes up, it redoes them. */
static int sweep_family(struct rtnl *r, int family, unsigned *n)
{
	struct rule_mark rule[SWEPT];
	unsigned swept = 0, not_mark = 0, suppress = 0;
	size_t found = 0;
	int err, first = 0;

	if (rule_ours(r, family, rule, LEN(rule), &found) < 0)
		return 0;
	for (size_t i = 0; i < found; i++) {
		bool empty = false;

		if (route_table_is_empty(r, rule[i].table, &empty) < 0 || !empty)
			continue;
		err = rule_del_not_mark(r, family, rule[i].mark, rule[i].table);
		swept += err == 0;
		first = first ? first : err;
	}
	if (swept && rule_count(r, family, &not_mark, &suppress) == 0 && !not_mark &&
	    rule_del_suppress(r, family) == 0)
		swept++;
	*n += swept;
	return first;
}

int sweep_rules(struct rtnl *r, unsigned *n)
{
	int v4, v6;

	*n = 0;
	v4 = sweep_family(r, AF_INET, n);
	v6 = sweep_family(r, AF_INET6, n);
	return v4 ? v4 : v6;
}
