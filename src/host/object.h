/* SPDX-License-Identifier: ISC */
#ifndef HOST_OBJECT_H
#define HOST_OBJECT_H

/* A single thing on the host that others can take away from a tunnel.  Pure. */

#include <stdbool.h>
#include <stdint.h>

#include "base/drift.h"
#include "base/prefix.h"

/* In the order in which they are put back. */
enum object_kind {
	OBJECT_ADDRESS,
	OBJECT_NETWORK, /* the route that an address brings along; AllowedIPs may rely on it */
	OBJECT_CLOSED,  /* the route "unreachable default" beneath that one */
	OBJECT_ROUTE,
	OBJECT_SETTING,   /* net.ipv4.conf.all.src_valid_mark = 1 */
	OBJECT_RULE_MAIN, /* the rule of longer prefixes: lookup main suppress_prefixlength 0 */
	OBJECT_RULE_MARK, /* the rule that diverts: not fwmark TABLE lookup TABLE */
	OBJECT_KINDS
};

struct object {
	enum object_kind kind;
	struct prefix prefix; /* of a route masked; of CLOSED, SETTING and rules only the family */
	uint32_t table;       /* of a route (NETWORK: 0) and OBJECT_RULE_MARK */
	uint32_t metric;      /* of OBJECT_CLOSED */
};

/* <0, 0, >0: a total order. */
int object_compare(const struct object *a, const struct object *b);
/* The kernel removes it when the link goes down, and takes it back only when that is up. */
bool object_needs_link(const struct object *o);
/* "route to 10.1.0.0/16" */
void object_print(char text[DRIFT_WHAT], const struct object *o);

#endif
