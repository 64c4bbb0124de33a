/* SPDX-License-Identifier: ISC */
#include "daemon/hostside.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "daemon/config.h"
#include "daemon/mtu.h"
#include "daemon/rpfilter.h"
#include "host/hooks.h"

/* --- sockets --- */

void hostside_commit_mark(struct daemon *d, struct change *c)
{
	const struct network *n = &d->network;

	if ((n->divert[NETWORK_V4] || n->divert[NETWORK_V6]) && c->sockets.mark != n->divert_table)
		log_warn("FwMark changed under a default route: our own packets would go into the "
			 "tunnel; reload to fix this");
}

/*
 * The mark of our own datagrams, which is also the table of a default route; a free
 * one is chosen once and kept.
 */
static int choose_mark(struct daemon *d, const struct conf *to, uint32_t *mark)
{
	int r;

	*mark = to->fwmark;
	if (*mark || !network_diverts(to))
		return 0;
	if (!d->table) {
		r = host_free_table(d->host, &d->table);
		if (r < 0) {
			log_error("cannot find a free routing table: %s", strerror(-r));
			return r;
		}
	}
	*mark = d->table;
	return 0;
}

static int plan_requested(struct daemon *d, struct change *c)
{
	int port = c->to->set & CONF_LISTEN_PORT ? c->to->listen_port : REBIND_KEEP_PORT;
	uint32_t mark = c->to->set & CONF_FWMARK ? c->to->fwmark : d->mark;

	/* Without sockets the mark is for later ones: they open with the link, or with a port. */
	c->has_sockets = d->port || port != REBIND_KEEP_PORT;
	c->sockets.mark = mark;
	return c->has_sockets ? rebind_plan(&c->sockets, d, port, mark) : 0;
}

/* A port of 0 in both files: the one we have is as random as any other. */
static int wanted_port(const struct change *c)
{
	if (c->walk == WALK_RELOAD && c->to->listen_port == c->from->listen_port)
		return REBIND_KEEP_PORT;
	return c->to->listen_port;
}

int hostside_plan_sockets(struct daemon *d, struct change *c)
{
	uint32_t mark;
	int r;

	if (c->walk == WALK_SET)
		return plan_requested(d, c);
	r = choose_mark(d, c->to, &mark);
	if (r < 0)
		return r;
	r = rebind_plan(&c->sockets, d, wanted_port(c), mark);
	if (r < 0) {
		rebind_log_port(r, c->to->listen_port);
		print_add(c->report, "cannot use UDP port %u: %s\n", c->to->listen_port,
			  strerror(-r));
	}
	c->has_sockets = r == 0;
	return r;
}

void hostside_cancel_sockets(struct daemon *d, struct change *c)
{
	if (c->has_sockets)
		rebind_cancel(&c->sockets, d);
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
static int want_network(struct daemon *d, struct change *c)
{
	int r;

	r = network_want(&c->wanted, c->to, c->sockets.mark);
	if (r < 0) {
		log_error("cannot work out the routes: %s", strerror(-r));
		return r;
	}
	/* conf_check() warned, and refuses what would then bypass the tunnel. */
	if (conf_mtu_lacks_ipv6(c->to))
		network_leave_out_ipv6(&c->wanted);
	if (host_has_ipv6(d->host) || !network_leave_out_ipv6(&c->wanted))
		return 0;
	if (!d->said_no_v6)
		log_warn("IPv6 is off on this host (sysctl net.ipv6.conf.all.disable_ipv6): "
			 "skipping its addresses and routes");
	d->said_no_v6 = true;
	return 0;
}

/*
 * Below that MTU the kernel has removed all IPv6 from the device, and lets none be added.
 * An MTU that only an admin set stays.  After the commit, the MTU is set as wanted.
 */
static void make_room_for_ipv6(struct daemon *d, struct change *c)
{
	if (d->mtu >= MTU_MIN || !network_has_ipv6(&c->wanted) ||
	    !((c->to->set | c->from->set) & CONF_MTU) || host_mtu(d->host, d->ifindex, MTU_MIN) < 0)
		return;
	host_redo(d->host);
	c->raised = true;
}

static void undo_room_for_ipv6(struct daemon *d, const struct change *c)
{
	if (c->raised)
		host_mtu(d->host, d->ifindex, d->mtu);
}

int hostside_plan_addresses(struct daemon *d, struct change *c)
{
	char what[128] = "";
	int r;

	r = want_network(d, c);
	if (r < 0)
		return r;
	make_room_for_ipv6(d, c);
	r = network_add_addresses(d->host, d->ifindex, &d->network, &c->wanted, what);
	if (r < 0) {
		undo_room_for_ipv6(d, c);
		log_network(c, r, what);
	}
	return r;
}

void hostside_cancel_addresses(struct daemon *d, struct change *c)
{
	network_del_addresses(d->host, d->ifindex, &c->wanted, &d->network);
	undo_room_for_ipv6(d, c);
}

void hostside_commit_network(struct daemon *d, struct change *c)
{
	network_del_routes(d->host, d->ifindex, &d->network, &c->wanted);
	network_del_addresses(d->host, d->ifindex, &d->network, &c->wanted);
	c->rerouted = !network_equal(&d->network, &c->wanted);
	if (c->rerouted)
		print_add(c->report, "addresses or routes changed\n");
	network_fini(&d->network);
	d->network = c->wanted;
	c->wanted = (struct network){ 0 };
}

int hostside_plan_routes(struct daemon *d, struct change *c)
{
	char what[128] = "";
	int r;

	r = network_add_routes(d->host, d->ifindex, &d->network, &c->wanted, what);
	if (r < 0)
		log_network(c, r, what);
	return r;
}

void hostside_cancel_routes(struct daemon *d, struct change *c)
{
	network_del_routes(d->host, d->ifindex, &c->wanted, &d->network);
}

void hostside_commit_rpfilter(struct daemon *d, struct change *c)
{
	(void)c;
	rpfilter_warn(d, NULL);
}

/* --- the link --- */

int hostside_plan_link(struct daemon *d, struct change *c)
{
	uint32_t mtu = c->to->mtu;
	int r;

	/* Before the first packet: nobody is to learn another one. */
	if (!(c->to->set & CONF_MTU))
		mtu = mtu_expect(d->host, c->to, d->ifindex, c->sockets.mark);
	r = host_mtu(d->host, d->ifindex, mtu);
	if (r < 0) {
		log_error("cannot set the MTU: %s", strerror(-r));
		return r;
	}
	r = host_link_up(d->host, d->ifindex, true);
	if (r == 0)
		r = host_link(d->host, d->options.name, &c->link);
	if (r < 0)
		log_error("cannot bring up %s: %s", d->options.name, strerror(-r));
	return r;
}

void hostside_commit_mtu(struct daemon *d, struct change *c)
{
	int r = 0;

	c->link.mtu = d->mtu;
	if (!(c->to->set & CONF_MTU) || c->to->mtu == d->mtu)
		return;
	r = host_mtu(d->host, d->ifindex, c->to->mtu);
	if (r < 0)
		print_add(c->report, "MTU not changed: %s\n", strerror(-r));
	else
		c->link.mtu = c->to->mtu;
}

/* --- DNS --- */

static void set_dns(struct daemon *d, const struct conf *to)
{
	int r;

	r = host_dns(d->host, true, d->options.name, to->dns, to->n_dns);
	if (r == -ENOENT)
		log_warn("DNS not set: neither resolvectl nor resolvconf is installed; the tunnel "
			 "works without it");
	else if (r < 0)
		log_warn("DNS not set: resolvectl or resolvconf failed (%s); the tunnel works "
			 "without it",
			 strerror(-r));
}

void hostside_commit_dns(struct daemon *d, struct change *c)
{
	if (config_same_dns(c->from, c->to))
		return;
	if (c->to->n_dns)
		set_dns(d, c->to);
	else
		host_dns(d->host, false, d->options.name, NULL, 0);
	print_add(c->report, "DNS changed\n");
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

void hostside_commit_hooks(struct daemon *d, struct change *c)
{
	(void)d;
	for (enum conf_hook kind = 0; kind < HOOK_KINDS; kind++) {
		bool up = kind == HOOK_PRE_UP || kind == HOOK_POST_UP;

		if (!same_hooks(c->from, c->to, kind))
			print_add(c->report, "%s changed%s\n", hooks_name(kind),
				  up ? ": takes effect at the next start" : "");
	}
}
