/* SPDX-License-Identifier: ISC */
#include "host/sweep.h"

#include <stdbool.h>
#include <sys/socket.h>

#include "base/bytes.h"
#include "netlink/block.h"
#include "netlink/route.h"

enum { SWEPT = 16 }; /* rules or tables at a time */

/*
 * Whether a rule that leads to this table is to go: to that one; or, with none, to an empty one.
 * Another tunnel's rules have a route while its link is up; when it comes up, it redoes them.
 */
static bool is_stale(struct rtnl *r, uint32_t table, uint32_t wanted)
{
	bool empty = false;

	if (wanted)
		return table == wanted;
	return route_table_is_empty(r, table, &empty) == 0 && empty;
}

/* The other rule, if none by mark needs it; how many were removed. */
static unsigned sweep_suppress(struct rtnl *r, int family)
{
	unsigned not_mark = 0, before = 0, after = 0;

	if (rule_count(r, family, &not_mark, &before) < 0 || not_mark || !before)
		return 0;
	if (rule_del_suppress(r, family) < 0 || rule_count(r, family, &not_mark, &after) < 0)
		return 0;
	return before > after ? before - after : 0;
}

static int sweep_family(struct rtnl *r, int family, uint32_t table, unsigned *n)
{
	struct rule_mark rule[SWEPT];
	size_t found = 0;
	int err, first = 0;

	if (rule_ours(r, family, rule, LEN(rule), &found) < 0)
		return 0;
	for (size_t i = 0; i < found; i++) {
		if (!is_stale(r, rule[i].table, table))
			continue;
		err = rule_del_not_mark(r, family, rule[i].mark, rule[i].table);
		*n += err == 0;
		first = first ? first : err;
	}
	*n += sweep_suppress(r, family);
	return first;
}

int sweep_closed(struct rtnl *r, int family, uint32_t metric, uint32_t *table)
{
	uint32_t blocked[SWEPT];
	struct rule_mark rule[SWEPT];
	size_t tables = 0, rules = 0;
	int err = block_tables(r, family, metric, blocked, LEN(blocked), &tables);

	if (err == 0 && tables)
		err = rule_ours(r, family, rule, LEN(rule), &rules);
	if (err < 0)
		return err;
	for (size_t i = 0; i < tables * rules; i++) {
		if (rule[i % rules].table != blocked[i / rules])
			continue;
		*table = blocked[i / rules];
		return 1;
	}
	return 0;
}

int sweep_open(struct rtnl *r, int family, uint32_t table, uint32_t metric, unsigned *n)
{
	int rules = sweep_family(r, family, table, n);
	int route = block_del(r, family, table, metric);

	return rules ? rules : route;
}

int sweep_rules(struct rtnl *r, unsigned *n)
{
	int v4, v6;

	*n = 0;
	v4 = sweep_family(r, AF_INET, 0, n);
	v6 = sweep_family(r, AF_INET6, 0, n);
	return v4 ? v4 : v6;
}
