/* SPDX-License-Identifier: ISC */
#include "host/present.h"

#include <errno.h>

#include "base/bytes.h"
#include "host/sysctl.h"
#include "netlink/block.h"
#include "netlink/ifaddr.h"

static const int families[] = { AF_INET, AF_INET6 };

static struct rule_entry rule_of(const struct object *o)
{
	bool suppress = o->kind == OBJECT_RULE_MAIN;

	return (struct rule_entry){
		.family = o->prefix.ip.family,
		.suppress = suppress,
		.mark = o->table,
		.table = suppress ? ROUTE_TABLE_MAIN : o->table,
	};
}

static bool object_of_rule(struct object *o, const struct rule_entry *e)
{
	*o = (struct object){ .kind = e->suppress ? OBJECT_RULE_MAIN : OBJECT_RULE_MARK,
			      .table = e->suppress ? 0 : e->table };
	o->prefix.ip.family = (uint8_t)e->family;
	return e->suppress || e->mark == e->table;
}

/* What a route may be, one or both: the number of them. */
static unsigned objects_of_route(struct object o[PRESENT_MOST], const struct route_entry *e)
{
	uint32_t metric = e->dst.ip.family == AF_INET6 ? ROUTE_METRIC_V6 : 0;
	bool usual = e->metric == metric;
	unsigned n = 0;

	if (e->unreachable && e->proto == ROUTE_PROTO && e->dst.bits == 0) {
		o[0] = (struct object){ .kind = OBJECT_CLOSED,
					.prefix = e->dst,
					.table = e->table,
					.metric = e->metric };
		return 1;
	}
	if (!e->plain)
		return 0;
	if (usual)
		o[n++] = (struct object){ .kind = OBJECT_ROUTE,
					  .prefix = e->dst,
					  .table = e->table };
	if (e->table == ROUTE_TABLE_MAIN &&
	    (usual || (metric && e->metric == ROUTE_METRIC_V6_ADDRESS)))
		o[n++] = (struct object){ .kind = OBJECT_NETWORK, .prefix = e->dst };
	return n;
}

static void object_of_address(struct object *o, const struct prefix *address)
{
	*o = (struct object){ .kind = OBJECT_ADDRESS, .prefix = *address };
}

struct search {
	const struct object *wanted;
	bool found;
};

static void match(const struct route_entry *e, void *ctx)
{
	struct object o[PRESENT_MOST];
	struct search *s = ctx;

	for (unsigned n = objects_of_route(o, e); n-- > 0;)
		s->found |= object_compare(&o[n], s->wanted) == 0;
}

/* The kernel's has another metric than one that we add, so that it would allow both. */
static int restore_network(struct rtnl *r, uint32_t ifindex, const struct object *o)
{
	struct search s = { .wanted = o };
	int err = 0;

	if (o->prefix.ip.family == AF_INET6)
		err = route_each(r, AF_INET6, ROUTE_TABLE_MAIN, ifindex, match, &s);
	if (err < 0 || s.found)
		return err;
	err = route_restore(r, &o->prefix, ifindex, ROUTE_TABLE_MAIN);
	return err ? err : -EEXIST;
}

static int restore_setting(void)
{
	if (sysctl_read(SYSCTL_VALID_MARK) == '1')
		return 0;
	sysctl_write(SYSCTL_VALID_MARK, '1');
	return sysctl_read(SYSCTL_VALID_MARK) == '1' ? 1 : -EROFS;
}

int present_restore(struct rtnl *r, uint32_t ifindex, const struct object *o)
{
	struct rule_entry rule;
	int err;

	switch (o->kind) {
	case OBJECT_ADDRESS:
		err = ifaddr_restore(r, ifindex, &o->prefix);
		return err ? err : -EEXIST;
	case OBJECT_NETWORK:
		return restore_network(r, ifindex, o);
	case OBJECT_CLOSED:
		return block_restore(r, o->prefix.ip.family, o->table, o->metric);
	case OBJECT_SETTING:
		return restore_setting();
	case OBJECT_ROUTE:
		err = route_restore(r, &o->prefix, ifindex, o->table);
		return err ? err : -EEXIST;
	case OBJECT_RULE_MAIN:
	case OBJECT_RULE_MARK:
		rule = rule_of(o);
		return rule_restore(r, &rule);
	default:
		return -EINVAL;
	}
}

struct redo {
	struct rtnl *rtnl;
	uint32_t ifindex;
};

static void redo(const struct object *o, void *ctx)
{
	const struct redo *r = ctx;

	present_restore(r->rtnl, r->ifindex, o);
}

void present_redo(struct rtnl *r, uint32_t ifindex, const struct undo *l)
{
	struct redo how = { r, ifindex };

	undo_objects(l, redo, &how);
}

/* --- a look at what is there --- */

enum { TABLES = 8 }; /* a tunnel has two or three, of each family */

/* Where to look. */
struct look {
	uint32_t ifindex;
	bool addresses, setting;
	bool rules[LEN(families)];
	struct {
		int family;
		uint32_t table;
		bool any; /* also routes that lead to no link, or another */
	} routes[TABLES];
	unsigned n;
	struct objects *there;
	int error; /* -ENOMEM: it is not complete */
};

static void want_table(struct look *l, int family, uint32_t table, bool any)
{
	for (unsigned i = 0; i < l->n; i++) {
		if (l->routes[i].family != family || l->routes[i].table != table)
			continue;
		l->routes[i].any |= any;
		return;
	}
	if (l->n == TABLES)
		return;
	l->routes[l->n].family = family;
	l->routes[l->n].any = any;
	l->routes[l->n++].table = table;
}

static void want(const struct object *o, void *ctx)
{
	int family = o->prefix.ip.family;
	struct look *l = ctx;

	if (o->kind == OBJECT_ADDRESS)
		l->addresses = true;
	else if (o->kind == OBJECT_NETWORK)
		want_table(l, family, ROUTE_TABLE_MAIN, false);
	else if (o->kind == OBJECT_ROUTE || o->kind == OBJECT_CLOSED)
		want_table(l, family, o->table, o->kind == OBJECT_CLOSED);
	else if (o->kind == OBJECT_SETTING)
		l->setting = true;
	else
		l->rules[family == AF_INET6] = true;
}

static void see(struct look *l, const struct object *o)
{
	int err = objects_add(l->there, o);

	l->error = l->error ? l->error : err;
}

static int see_address(uint32_t ifindex, const struct prefix *address, void *ctx)
{
	struct look *l = ctx;
	struct object o;

	(void)ifindex;
	object_of_address(&o, address);
	see(l, &o);
	return 0;
}

static void see_route(const struct route_entry *e, void *ctx)
{
	struct object o[PRESENT_MOST];
	struct look *l = ctx;

	if (e->plain && e->ifindex != l->ifindex)
		return;
	for (unsigned n = objects_of_route(o, e); n-- > 0;)
		see(l, &o[n]);
}

static void see_rule(const struct rule_entry *e, void *ctx)
{
	struct look *l = ctx;
	struct object o;

	if (object_of_rule(&o, e))
		see(l, &o);
}

static void see_setting(struct look *l)
{
	struct object o = { .kind = OBJECT_SETTING };

	o.prefix.ip.family = AF_INET;
	if (sysctl_read(SYSCTL_VALID_MARK) == '1')
		see(l, &o);
}

int present_look(struct rtnl *r, uint32_t ifindex, const struct undo *list, struct objects *there)
{
	struct look l = { .ifindex = ifindex, .there = there };
	int err = 0;

	undo_objects(list, want, &l);
	if (l.addresses)
		err = ifaddr_each(r, ifindex, see_address, &l);
	for (unsigned i = 0; i < l.n && err == 0; i++)
		err = route_each(r, l.routes[i].family, l.routes[i].table,
				 l.routes[i].any ? 0 : ifindex, see_route, &l);
	for (unsigned i = 0; i < LEN(families) && err == 0; i++)
		err = l.rules[i] ? rule_each(r, families[i], see_rule, &l) : 0;
	if (l.setting)
		see_setting(&l);
	objects_sort(there);
	return err ? err : l.error;
}

/* --- news --- */

static enum present_news news_of_route(uint32_t ifindex, const struct notice *n)
{
	if (n->route.ifindex == ifindex || n->route.unreachable)
		return n->gone ? PRESENT_GONE : PRESENT_THERE;
	if (n->gone)
		return PRESENT_FREE;
	return n->replaces ? PRESENT_TAKEN : PRESENT_NOTHING;
}

unsigned present_read(struct object o[PRESENT_MOST], enum present_news *news, uint32_t ifindex,
		      const struct notice *n)
{
	*news = n->gone ? PRESENT_GONE : PRESENT_THERE;
	switch (n->of) {
	case NOTICE_ADDRESS:
		object_of_address(o, &n->address.prefix);
		return n->address.ifindex == ifindex;
	case NOTICE_ROUTE:
		*news = news_of_route(ifindex, n);
		return *news == PRESENT_NOTHING ? 0 : objects_of_route(o, &n->route);
	case NOTICE_RULE:
		return object_of_rule(o, &n->rule);
	default:
		return 0;
	}
}
