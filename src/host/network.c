/* SPDX-License-Identifier: ISC */
#include "host/network.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const int families[NETWORK_FAMILIES] = { AF_INET, AF_INET6 };

static bool is_default(const struct prefix *p)
{
	return p->bits == 0;
}

bool network_diverts(const struct conf *c)
{
	if (c->table_kind != TABLE_AUTO)
		return false;
	for (size_t i = 0; i < c->n_peer; i++) {
		for (size_t k = 0; k < c->peer[i].n_allowed; k++) {
			if (is_default(&c->peer[i].allowed[k].prefix))
				return true;
		}
	}
	return false;
}

enum { EIGHTS = 256 }; /* networks of 8 bits */

static void mark_eights(bool taken[EIGHTS], const struct prefix *p)
{
	unsigned n = EIGHTS >> p->bits, first = p->ip.bytes[0] & ~(n - 1);

	memset(taken + first, true, n * sizeof(*taken));
}

/* How many of the networks of 8 bits, from first on, go into the tunnel. */
static unsigned count_eights(const struct conf *c, int family, unsigned first, unsigned n)
{
	bool taken[EIGHTS] = { 0 };
	unsigned count = 0;

	for (size_t i = 0; i < c->n_peer; i++) {
		for (size_t k = 0; k < c->peer[i].n_allowed; k++) {
			const struct prefix *p = &c->peer[i].allowed[k].prefix;

			if (p->ip.family == family && p->bits <= 8)
				mark_eights(taken, p);
		}
	}
	for (unsigned i = first; i < first + n; i++)
		count += taken[i];
	return count;
}

bool network_takes_all(const struct conf *c)
{
	/* Of IPv6 only 2000::/3 is in use. */
	return c->table_kind != TABLE_OFF && (count_eights(c, AF_INET, 0, EIGHTS) >= 128 ||
					      count_eights(c, AF_INET6, 0x20, 0x20) >= 16);
}

bool network_contains(const struct conf *c, const struct ip *ip)
{
	for (size_t i = 0; i < c->n_peer; i++) {
		for (size_t k = 0; k < c->peer[i].n_allowed; k++) {
			if (prefix_contains(&c->peer[i].allowed[k].prefix, ip))
				return true;
		}
	}
	return false;
}

/* The kernel adds a route for an address's own network; a second is not wanted (wg-quick). */
static bool has_connected_route(const struct network *n, const struct prefix *p)
{
	for (size_t i = 0; i < n->address.n; i++) {
		struct prefix net = n->address.prefix[i];

		prefix_mask(&net);
		if (net.bits <= p->bits && prefix_contains(&net, &p->ip))
			return true;
	}
	return false;
}

static int want_route(struct network *n, const struct conf *c, struct prefix p)
{
	prefix_mask(&p);
	if (c->table_kind == TABLE_AUTO && is_default(&p)) {
		n->divert[p.ip.family == AF_INET6 ? NETWORK_V6 : NETWORK_V4] = true;
		return 0;
	}
	if (c->table_kind == TABLE_AUTO && has_connected_route(n, &p))
		return 0;
	return prefixes_add(&n->route, &p);
}

int network_want(struct network *n, const struct conf *c, uint32_t divert_table)
{
	int r;

	for (size_t i = 0; i < c->n_address; i++) {
		r = prefixes_add(&n->address, &c->address[i]);
		if (r < 0)
			return r;
	}
	if (c->table_kind == TABLE_OFF)
		return 0;
	n->divert_table = divert_table;
	n->route_table = c->table_kind == TABLE_NUMBER ? c->table : 0;
	for (size_t i = 0; i < c->n_peer; i++) {
		const struct conf_peer *p = &c->peer[i];

		for (size_t k = 0; k < p->n_allowed; k++) {
			r = want_route(n, c, p->allowed[k].prefix);
			if (r < 0)
				return r;
		}
	}
	prefixes_sort(&n->route);
	return 0;
}

static bool has_family(const struct prefixes *set, int family)
{
	for (size_t i = 0; i < set->n; i++) {
		if (set->prefix[i].ip.family == family)
			return true;
	}
	return false;
}

bool network_has_ipv6(const struct network *n)
{
	return n->divert[NETWORK_V6] || has_family(&n->address, AF_INET6) ||
	       has_family(&n->route, AF_INET6);
}

static void leave_out(struct prefixes *set, int family)
{
	size_t kept = 0;

	for (size_t i = 0; i < set->n; i++) {
		if (set->prefix[i].ip.family != family)
			set->prefix[kept++] = set->prefix[i];
	}
	set->n = kept;
}

bool network_leave_out_ipv6(struct network *n)
{
	bool any = network_has_ipv6(n);

	leave_out(&n->address, AF_INET6);
	leave_out(&n->route, AF_INET6);
	return any;
}

void network_fini(struct network *n)
{
	prefixes_fini(&n->address);
	prefixes_fini(&n->route);
	*n = (struct network){ 0 };
}

static bool has_address(const struct network *n, const struct prefix *p)
{
	for (size_t i = 0; i < n->address.n; i++) {
		if (prefix_equal(&n->address.prefix[i], p))
			return true;
	}
	return false;
}

static bool has_route(const struct network *n, const struct prefix *p, uint32_t table)
{
	return n->route_table == table && prefixes_has(&n->route, p);
}

static bool has_divert(const struct network *n, int which, uint32_t table)
{
	return n->divert[which] && n->divert_table == table;
}

static bool same_prefixes(const struct prefixes *a, const struct prefixes *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		if (!prefix_equal(&a->prefix[i], &b->prefix[i]))
			return false;
	}
	return true;
}

bool network_equal(const struct network *a, const struct network *b)
{
	for (int i = 0; i < NETWORK_FAMILIES; i++) {
		if (a->divert[i] != b->divert[i])
			return false;
		if (a->divert[i] && a->divert_table != b->divert_table)
			return false;
	}
	return a->route_table == b->route_table && same_prefixes(&a->address, &b->address) &&
	       same_prefixes(&a->route, &b->route);
}

static int add_addresses(struct host *h, uint32_t ifindex, const struct network *from,
			 const struct network *to, char what[128])
{
	char text[PREFIX_TEXT];
	int r;

	for (size_t i = 0; i < to->address.n; i++) {
		const struct prefix *p = &to->address.prefix[i];

		prefix_print(text, p);
		snprintf(what, 128, "address %s", text);
		r = has_address(from, p) ? 0 : host_address(h, true, ifindex, p);
		if (r < 0)
			return r;
	}
	return 0;
}

static int add_routes(struct host *h, uint32_t ifindex, const struct network *from,
		      const struct network *to, char what[128])
{
	char text[PREFIX_TEXT];
	int r;

	for (size_t i = 0; i < to->route.n; i++) {
		const struct prefix *p = &to->route.prefix[i];

		prefix_print(text, p);
		snprintf(what, 128, "route to %s", text);
		r = 0;
		if (!has_route(from, p, to->route_table))
			r = host_route(h, true, ifindex, p, to->route_table);
		if (r < 0)
			return r;
	}
	for (int i = 0; i < NETWORK_FAMILIES; i++) {
		snprintf(what, 128, "default route for IPv%d", families[i] == AF_INET ? 4 : 6);
		r = 0;
		if (to->divert[i] && !has_divert(from, i, to->divert_table))
			r = host_default_route(h, true, ifindex, families[i], to->divert_table);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool diverts(const struct network *n)
{
	return n->divert[NETWORK_V4] || n->divert[NETWORK_V6];
}

static int collect(struct prefixes *list, const struct network *n)
{
	for (size_t i = 0; i < n->address.n; i++) {
		const struct prefix *p = &n->address.prefix[i];
		int r = 0;

		if (n->divert[p->ip.family == AF_INET6 ? NETWORK_V6 : NETWORK_V4])
			r = prefixes_add(list, p);
		if (r < 0)
			return r;
	}
	return 0;
}

/*
 * While one network replaces the other, the addresses of both are guarded.  The tunnel works
 * without a guard, so who wants to know asks host_unguarded().
 */
static void guard(struct host *h, uint32_t ifindex, const struct network *from,
		  const struct network *to)
{
	const struct network *by = diverts(to) ? to : from;
	struct prefixes list = { 0 };

	if (collect(&list, to) == 0 && collect(&list, from) == 0)
		host_guard(h, ifindex, &list, diverts(by) ? by->divert_table : 0);
	prefixes_fini(&list);
}

int network_add_addresses(struct host *h, uint32_t ifindex, const struct network *from,
			  const struct network *to, char what[128])
{
	int r;

	/* Before the first packet can come to one of them. */
	guard(h, ifindex, from, to);
	r = add_addresses(h, ifindex, from, to, what);
	if (r < 0)
		network_del_addresses(h, ifindex, to, from);
	return r;
}

int network_add_routes(struct host *h, uint32_t ifindex, const struct network *from,
		       const struct network *to, char what[128])
{
	int r = add_routes(h, ifindex, from, to, what);

	if (r < 0)
		network_del_routes(h, ifindex, to, from);
	return r;
}

/* In reverse order. What is already gone is not a failure. */
void network_del_routes(struct host *h, uint32_t ifindex, const struct network *from,
			const struct network *to)
{
	for (int i = NETWORK_FAMILIES - 1; i >= 0; i--) {
		if (from->divert[i] && !has_divert(to, i, from->divert_table))
			host_default_route(h, false, ifindex, families[i], from->divert_table);
	}
	for (size_t i = from->route.n; i-- > 0;) {
		const struct prefix *p = &from->route.prefix[i];

		if (!has_route(to, p, from->route_table))
			host_route(h, false, ifindex, p, from->route_table);
	}
}

void network_del_addresses(struct host *h, uint32_t ifindex, const struct network *from,
			   const struct network *to)
{
	bool deleted = false;

	for (size_t i = from->address.n; i-- > 0;) {
		const struct prefix *p = &from->address.prefix[i];

		if (has_address(to, p))
			continue;
		host_address(h, false, ifindex, p);
		deleted = true;
	}
	/*
	 * Removing an IPv4 address may remove others of its network, and the last one all
	 * routes.
	 */
	if (deleted)
		host_redo(h, ifindex);
	guard(h, ifindex, to, to);
}
