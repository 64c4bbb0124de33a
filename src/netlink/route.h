/* SPDX-License-Identifier: ISC */
#ifndef NETLINK_ROUTE_H
#define NETLINK_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/prefix.h"
#include "netlink/rtnl.h"

enum {
	ROUTE_TABLE_MAIN = 254,
	ROUTE_PROTO = 117, /* rtm_protocol of routes and rules that are ours; 't' 'u' */
	/* Metrics that the kernel gives an IPv6 route without one, and that of an address. */
	ROUTE_METRIC_V6 = 1024,
	ROUTE_METRIC_V6_ADDRESS = 256,
};

/*
 * Adding a route that exists with the same device, and removing one that does not exist, both
 * succeed.
 */
int route_add(struct rtnl *r, const struct prefix *dst, uint32_t ifindex, uint32_t table);
int route_del(struct rtnl *r, const struct prefix *dst, uint32_t ifindex, uint32_t table);

/*
 * Add a route that may still exist, without checking whose it is: for many at a time, as each
 * check reads the whole table.  1: it was missing; 0: it is there, or another in its place.
 */
int route_restore(struct rtnl *r, const struct prefix *dst, uint32_t ifindex, uint32_t table);

/* A route, as the kernel tells of it. */
struct route_entry {
	struct prefix dst;
	uint32_t table;
	uint32_t ifindex; /* 0: none, or several */
	uint32_t metric;
	uint8_t proto; /* rtm_protocol: who made it */
	/* For any traffic: unicast, or nowhere; else neither. */
	bool plain, unreachable;
};
/* What an RTM_NEWROUTE or RTM_DELROUTE says; false: it is neither, or of another family. */
bool route_parse(struct route_entry *e, const struct nlmsghdr *msg);
/* fn for each route of a table that leads to this link; some may come twice.  0 or -errno. */
typedef void route_fn(const struct route_entry *e, void *ctx);
int route_each(struct rtnl *r, int family, uint32_t table, uint32_t ifindex, route_fn *fn,
	       void *ctx);

/* What the kernel would do with a packet to dst that carries mark. */
struct route_path {
	uint32_t ifindex;
	uint32_t mtu;     /* of the route if it has one, else of the link */
	struct ip source; /* preferred source; family 0: none */
	bool leaves;      /* goes to one other host: not over lo, no broadcast or multicast */
};
/* -ENETUNREACH and the like when there is no route. */
int route_get(struct rtnl *r, const struct ip *dst, uint32_t mark, struct route_path *path);
/* true if no route of any family, of any device, is in that table. */
int route_table_is_empty(struct rtnl *r, uint32_t table, bool *empty);

/*
 * The two rules of the default-route set-up, for one family:
 *   not fwmark MARK lookup TABLE
 *   lookup main suppress_prefixlength 0
 * Adding one that exists succeeds.  The second is consulted before the first, in
 * whatever order they are added.  Deleting affects only rules with ROUTE_PROTO;
 * deleting one that does not exist succeeds, too.
 */
int rule_add_not_mark(struct rtnl *r, int family, uint32_t mark, uint32_t table);
int rule_del_not_mark(struct rtnl *r, int family, uint32_t mark, uint32_t table);
int rule_add_suppress(struct rtnl *r, int family);
int rule_del_suppress(struct rtnl *r, int family);

/* One of the two. */
struct rule_entry {
	int family;
	bool suppress; /* else by mark */
	uint32_t mark, table;
};
/* Add one that may still exist.  1: it was missing; 0: it is there. */
int rule_restore(struct rtnl *r, const struct rule_entry *e);
/* What an RTM_NEWRULE or RTM_DELRULE says; false: it is neither, or a rule of another kind. */
bool rule_parse(struct rule_entry *e, const struct nlmsghdr *msg);
/* fn for each of them, no matter who made it; some may come twice.  0 or -errno. */
typedef void rule_fn(const struct rule_entry *e, void *ctx);
int rule_each(struct rtnl *r, int family, rule_fn *fn, void *ctx);
/* The rules by mark that have ROUTE_PROTO; *n of them, at most room. */
struct rule_mark {
	uint32_t mark, table;
};
int rule_ours(struct rtnl *r, int family, struct rule_mark *rule, size_t room, size_t *n);
/* How many rules of either kind the family has, no matter who made them. */
int rule_count(struct rtnl *r, int family, unsigned *not_mark, unsigned *suppress);

#endif
