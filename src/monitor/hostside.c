/* SPDX-License-Identifier: ISC */
#include "monitor/hostside.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "host/hooks.h"
#include "monitor/dns.h"
#include "monitor/sockets.h"

enum { FILES = WALK_START | WALK_RELOAD };

/* --- sockets --- */

bool hostside_mark_diverts(const struct monitor *m, uint32_t mark)
{
	const struct network *n = &m->network;

	return (n->divert[NETWORK_V4] || n->divert[NETWORK_V6]) && mark != n->divert_table;
}

/*
 * The mark of our own datagrams, which is also the table of a default route; a free
 * one is chosen once and kept.
 */
static int choose_mark(struct monitor *m, const struct conf *to, uint32_t *mark)
{
	int r;

	*mark = to->fwmark;
	if (*mark || !network_diverts(to))
		return 0;
	if (!m->table) {
		r = host_free_table(m->host, &m->table);
		if (r < 0) {
			log_error("cannot find a free routing table: %s", strerror(-r));
			return r;
		}
	}
	*mark = m->table;
	return 0;
}

/* A port of 0 in both files: the one we have is as random as any other. */
static int wanted_port(const struct change *c)
{
	if (c->walk == WALK_RELOAD && c->to->listen_port == c->from->listen_port)
		return SOCKETS_KEEP_PORT;
	return c->to->listen_port;
}

static int plan_sockets(void *side, struct change *c)
{
	struct monitor *m = side;
	uint32_t mark;
	int r;

	r = choose_mark(m, c->to, &mark);
	if (r < 0)
		return r;
	r = sockets_plan(&m->planned.sockets, m, wanted_port(c), mark, true);
	if (r < 0) {
		sockets_log_error(r, c->to->listen_port);
		print_add(c->report, "cannot use UDP port %u: %s\n", c->to->listen_port,
			  strerror(-r));
	}
	return r;
}

static void cancel_sockets(void *side, struct change *c)
{
	struct monitor *m = side;

	(void)c;
	sockets_cancel(&m->planned.sockets, m);
}

static void commit_sockets(void *side, struct change *c)
{
	struct monitor *m = side;

	(void)c;
	sockets_commit(&m->planned.sockets, m);
}

/* --- addresses and routes --- */

static void log_network(struct change *c, int error, const char *what)
{
	/* For IPv6, the kernel has no other reason to return this. */
	const char *hint = error == -EACCES ? "; is IPv6 off for new devices? try sysctl "
					      "net.ipv6.conf.default.disable_ipv6=0"
					    : "";

	log_error("cannot add the %s: %s%s", what, strerror(-error), hint);
	print_add(c->report, "cannot add the %s: %s\n", what, strerror(-error));
}

/* Where IPv6 is off, the IPv6 part is left out and that is logged. */
static int want_network(struct monitor *m, struct change *c)
{
	int r;

	r = network_want(&m->planned.wanted, c->to, m->planned.sockets.mark);
	if (r < 0) {
		log_error("cannot work out the routes: %s", strerror(-r));
		return r;
	}
	/* conf_check() warned, and refuses what would then bypass the tunnel. */
	if (conf_mtu_lacks_ipv6(c->to))
		network_leave_out_ipv6(&m->planned.wanted);
	if (host_has_ipv6(m->host) || !network_leave_out_ipv6(&m->planned.wanted))
		return 0;
	if (!m->said_no_v6)
		log_warn("IPv6 is off on this host (sysctl net.ipv6.conf.all.disable_ipv6): "
			 "skipping its addresses and routes");
	m->said_no_v6 = true;
	return 0;
}

/* 0: netlink cannot see the device. */
static uint32_t device_mtu(struct monitor *m)
{
	struct link_info info = { 0 };

	if (!m->ifindex || host_link(m->host, m->options.name, &info) < 0)
		return 0;
	return info.mtu;
}

/*
 * Below that MTU the kernel has removed all IPv6 from the device, and lets none be added.
 * An MTU that only an admin set stays.  After the commit, the MTU is set as wanted.
 */
static void make_room_for_ipv6(struct monitor *m, const struct change *c)
{
	m->planned.raised_from = 0;
	if (!network_has_ipv6(&m->planned.wanted) || !((c->to->set | c->from->set) & CONF_MTU))
		return;
	m->planned.raised_from = device_mtu(m);
	if (m->planned.raised_from >= CONF_MTU_IPV6 ||
	    host_mtu(m->host, m->ifindex, CONF_MTU_IPV6) < 0)
		m->planned.raised_from = 0;
	else
		host_redo(m->host, m->ifindex);
}

static void undo_room_for_ipv6(struct monitor *m)
{
	if (m->planned.raised_from)
		host_mtu(m->host, m->ifindex, m->planned.raised_from);
}

static void tell_unguarded(struct monitor *m)
{
	int r = host_unguarded(m->host);

	if (!r || m->said_unguarded)
		return;
	log_warn("nftables cannot be used here (%s): other hosts of the networks around can find "
		 "out the addresses of the tunnel, and strict rp_filter drops what peers send",
		 strerror(-r));
	m->said_unguarded = true;
}

static int plan_addresses(void *side, struct change *c)
{
	struct monitor *m = side;
	char what[128] = "";
	int r;

	r = want_network(m, c);
	if (r < 0)
		return r;
	make_room_for_ipv6(m, c);
	r = network_add_addresses(m->host, m->ifindex, &m->network, &m->planned.wanted, what);
	if (r < 0) {
		undo_room_for_ipv6(m);
		log_network(c, r, what);
	} else {
		tell_unguarded(m);
	}
	return r;
}

static void cancel_addresses(void *side, struct change *c)
{
	struct monitor *m = side;

	(void)c;
	network_del_addresses(m->host, m->ifindex, &m->planned.wanted, &m->network);
	undo_room_for_ipv6(m);
}

static void commit_network(void *side, struct change *c)
{
	struct monitor *m = side;
	struct network *wanted = &m->planned.wanted;

	network_del_routes(m->host, m->ifindex, &m->network, wanted);
	network_del_addresses(m->host, m->ifindex, &m->network, wanted);
	if (!network_equal(&m->network, wanted))
		print_add(c->report, "addresses or routes changed\n");
	network_fini(&m->network);
	m->network = *wanted;
	*wanted = (struct network){ 0 };
}

/* It has been switched on: what was left out of a default route then. */
static void take_ipv6(struct monitor *m)
{
	m->said_no_v6 = false;
	host_redo(m->host, m->ifindex);
}

/* The values that the worker gets are complete once this is planned. */
static int plan_routes(void *side, struct change *c)
{
	struct monitor *m = side;
	char what[128] = "";
	int r;

	r = network_add_routes(m->host, m->ifindex, &m->network, &m->planned.wanted, what);
	if (r < 0)
		log_network(c, r, what);
	else if (m->said_no_v6 && host_has_ipv6(m->host))
		take_ipv6(m);
	return r;
}

static void cancel_routes(void *side, struct change *c)
{
	struct monitor *m = side;

	(void)c;
	network_del_routes(m->host, m->ifindex, &m->planned.wanted, &m->network);
}

unsigned hostside_crossing(const struct monitor *m, const struct network *n)
{
	bool diverts = n->divert[NETWORK_V4] || n->divert[NETWORK_V6];

	return (n->divert[NETWORK_V4] ? CROSSING_DIVERTS : 0) |
	       (network_has_ipv6(n) ? CROSSING_IPV6 : 0) |
	       (diverts && host_unguarded(m->host) ? CROSSING_EXPOSED : 0);
}

/* --- the link --- */

/* Unless the file says how long a packet may be, the worker knows it. */
static int plan_link(void *side, struct change *c)
{
	uint32_t mtu = c->to->set & CONF_MTU ? c->to->mtu : c->mtu;
	struct monitor *m = side;
	int r = 0;

	if (mtu)
		r = host_mtu(m->host, m->ifindex, mtu);
	if (r < 0) {
		log_error("cannot set the MTU: %s", strerror(-r));
		return r;
	}
	r = host_link_up(m->host, m->ifindex, true);
	if (r < 0)
		log_error("cannot bring up %s: %s", m->options.name, strerror(-r));
	return r;
}

static void commit_mtu(void *side, struct change *c)
{
	struct monitor *m = side;
	uint32_t before;
	int r;

	if (!(c->to->set & CONF_MTU))
		return;
	before = m->planned.raised_from ? m->planned.raised_from : device_mtu(m);
	if (c->to->mtu == before && !m->planned.raised_from)
		return;
	r = host_mtu(m->host, m->ifindex, c->to->mtu);
	if (r < 0)
		print_add(c->report, "MTU not changed: %s\n", strerror(-r));
	else if (c->to->mtu != before)
		print_add(c->report, "MTU changed from %" PRIu32 " to %" PRIu32 "\n", before,
			  c->to->mtu);
}

/* --- hooks --- */

static bool same_hooks(const struct conf *a, const struct conf *b, enum conf_hook kind)
{
	if (a->n_hook[kind] != b->n_hook[kind])
		return false;
	for (size_t i = 0; i < a->n_hook[kind]; i++) {
		if (strcmp(a->hook[kind][i], b->hook[kind][i]) != 0)
			return false;
	}
	return true;
}

static void commit_hooks(void *side, struct change *c)
{
	(void)side;
	for (enum conf_hook kind = 0; kind < HOOK_KINDS; kind++) {
		bool up = kind == HOOK_PRE_UP || kind == HOOK_POST_UP;

		if (!same_hooks(c->from, c->to, kind))
			print_add(c->report, "%s changed%s\n", hooks_name(kind),
				  up ? ": takes effect at the next start" : "");
	}
}

/*
 * Addresses are added before the link comes up, routes after that.  DNS comes late, since its
 * helpers may take seconds.  The hooks run before and after a walk, not in one.
 */
static const struct part parts[] = {
	{ .name = "sockets",
	  FILES,
	  RECONCILE_KEYS("ListenPort", "FwMark"),
	  .plan = plan_sockets,
	  .commit = commit_sockets,
	  .cancel = cancel_sockets },
	{ .name = "addresses",
	  FILES | WALK_END,
	  RECONCILE_KEYS("Address"),
	  .plan = plan_addresses,
	  .commit = commit_network,
	  .cancel = cancel_addresses },
	{ .name = "link", WALK_START, .plan = plan_link },
	{ .name = "routes",
	  FILES,
	  RECONCILE_KEYS("Table"),
	  .plan = plan_routes,
	  .cancel = cancel_routes },
	{ .name = "mtu", WALK_RELOAD, RECONCILE_KEYS("MTU"), .commit = commit_mtu },
	{ .name = "dns", FILES | WALK_END, RECONCILE_KEYS("DNS"), .commit = dns_commit },
	{ .name = "hooks",
	  WALK_RELOAD,
	  RECONCILE_KEYS("PreUp", "PostUp", "PreDown", "PostDown"),
	  .commit = commit_hooks },
};

const struct parts hostside_parts = { parts, LEN(parts) };
