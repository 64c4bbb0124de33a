/* SPDX-License-Identifier: ISC */
#include "host/object.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "netlink/route.h"

int object_compare(const struct object *a, const struct object *b)
{
	const struct prefix *p = &a->prefix, *q = &b->prefix;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (p->ip.family != q->ip.family)
		return p->ip.family < q->ip.family ? -1 : 1;
	if (a->table != b->table)
		return a->table < b->table ? -1 : 1;
	if (a->metric != b->metric)
		return a->metric < b->metric ? -1 : 1;
	if (p->bits != q->bits)
		return p->bits < q->bits ? -1 : 1;
	return memcmp(p->ip.bytes, q->ip.bytes, ip_len(p->ip.family));
}

bool object_needs_link(const struct object *o)
{
	return o->kind == OBJECT_ROUTE || o->kind == OBJECT_NETWORK ||
	       (o->kind == OBJECT_ADDRESS && o->prefix.ip.family == AF_INET6);
}

static void print_route(char text[DRIFT_WHAT], const struct object *o)
{
	char prefix[PREFIX_TEXT];

	prefix_print(prefix, &o->prefix);
	if (o->kind == OBJECT_NETWORK || o->table == ROUTE_TABLE_MAIN)
		snprintf(text, DRIFT_WHAT, "route to %s", prefix);
	else
		snprintf(text, DRIFT_WHAT, "route to %s in table %" PRIu32, prefix, o->table);
}

void object_print(char text[DRIFT_WHAT], const struct object *o)
{
	int version = o->prefix.ip.family == AF_INET6 ? 6 : 4;
	char prefix[PREFIX_TEXT];

	switch (o->kind) {
	case OBJECT_ADDRESS:
		prefix_print(prefix, &o->prefix);
		snprintf(text, DRIFT_WHAT, "address %s", prefix);
		break;
	case OBJECT_NETWORK:
	case OBJECT_ROUTE:
		print_route(text, o);
		break;
	case OBJECT_CLOSED:
		snprintf(text, DRIFT_WHAT, "IPv%d route 'unreachable default' in table %" PRIu32,
			 version, o->table);
		break;
	case OBJECT_SETTING:
		snprintf(text, DRIFT_WHAT, "setting net.ipv4.conf.all.src_valid_mark = 1");
		break;
	case OBJECT_RULE_MAIN:
		snprintf(text, DRIFT_WHAT, "IPv%d rule 'lookup main suppress_prefixlength 0'",
			 version);
		break;
	case OBJECT_RULE_MARK:
		snprintf(text, DRIFT_WHAT,
			 "IPv%d rule 'not fwmark 0x%" PRIx32 " lookup %" PRIu32 "'", version,
			 o->table, o->table);
		break;
	default:
		snprintf(text, DRIFT_WHAT, "?");
		break;
	}
}
