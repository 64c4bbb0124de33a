/* SPDX-License-Identifier: ISC */
#include "daemon/nameservers.h"

#include <errno.h>
#include <string.h>

#include "base/breath.h"
#include "base/clock.h"
#include "base/nameserver.h"
#include "daemon/internal.h"
#include "diag/state.h"
#include "netlink/route.h"
#include "privsep/blob.h"
#include "proto/admin.h"

/* --- the text --- */

static void learn(struct nameservers *n, int fd)
{
	struct print conf = { 0 };
	struct nameserver server;
	struct text rest;

	n->n = 0;
	if (blob_read(fd, &conf) == 0) {
		rest = text_from(conf.chars, conf.len);
		while (n->n < NAMESERVERS_MOST && nameserver_next(&rest, &server))
			n->server[n->n++] = server.ip;
	}
	print_fini(&conf);
}

static void fetched(struct daemon *d, const struct elevate_plea *plea,
		    const struct elevate_answer *a)
{
	struct nameservers *n = &d->nameservers;
	bool failed = a->result < 0 || a->fd[0] < 0;

	(void)plea;
	/* Too many at once is no failure, it will ask again. */
	if (failed && !n->failed && a->result != -EBUSY)
		log_warn("cannot read resolv.conf: %s; names are still resolved as before",
			 strerror(-a->result));
	n->failed = failed && a->result != -EBUSY;
	if (a->fd[0] >= 0)
		learn(n, a->fd[0]);
	resolver_conf(d->resolver, a->fd[0]);
}

/* It has a session and is heard; what else is known around it does not matter. */
static bool works(const struct daemon *d, const struct peer *p)
{
	const struct state_context around = { .link_up = d->datapath.tunnel.up, .have_key = true };

	return state_glance(p, &around, clock_now().mono) == STATE_UP;
}

static bool has_session(const struct daemon *d)
{
	const struct peer *p = admin_first(&d->datapath.tunnel);

	while (p && !works(d, p)) {
		breath();
		p = p->next;
	}
	return p;
}

/* A server that says nothing, or knows nothing of that name, may be the wrong one: take turns. */
static bool fetch(void *ctx, unsigned failures)
{
	const struct elevate_plea plea = { .then = fetched };
	bool inside = has_session(ctx) == !(failures % 2);

	return elevate_ask(ctx, MESSAGE_RESOLV, inside, 0, &plea) == 0;
}

/* --- the sockets --- */

static bool leads_inside(struct daemon *d, const struct ip *server, uint32_t mark)
{
	struct route_path path;

	return !d->link_lost && route_get(&d->rtnl, server, mark, &path) == 0 &&
	       path.ifindex == d->ifindex;
}

/* What a resolver on this host asks goes the way of all else; a root server stands for that. */
static bool asks_inside(struct daemon *d, const struct ip *server)
{
	static const char root[] = "198.41.0.4";
	struct route_path path;
	struct ip ip;

	return route_get(&d->rtnl, server, 0, &path) == 0 && !path.leaves &&
	       ip_parse(&ip, root, strlen(root)) && leads_inside(d, &ip, 0);
}

enum nameservers_way nameservers_way(struct daemon *d, const struct ip *server)
{
	/* One on a link is reached by that link alone. */
	if (server->family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&server->v6))
		return NAMESERVERS_OUTSIDE;
	if (!leads_inside(d, server, 0))
		return asks_inside(d, server) ? NAMESERVERS_HERE : NAMESERVERS_OUTSIDE;
	return leads_inside(d, server, d->mark) ? NAMESERVERS_INSIDE : NAMESERVERS_PAST;
}

/* What goes into the tunnel gets there. */
static bool is_carried(const struct daemon *d, const struct ip *server)
{
	const struct allowed *allowed = &d->datapath.tunnel.allowed;
	const struct peer *p = server->family == AF_INET ? allowed_find4(allowed, server->bytes)
							 : allowed_find6(allowed, server->bytes);

	return p && works(d, p);
}

static void socket_came(struct daemon *d, const struct elevate_plea *plea,
			const struct elevate_answer *a)
{
	if (a->result != -EBUSY) {
		d->nameservers.past_error = a->result;
		d->nameservers.past_link = a->link;
	}
	resolver_socket(d->resolver, plea->value, a->fd[0]);
}

/* As the monitor knows it; 0: it does not. */
static uint32_t number_of(const struct nameservers *n, const struct ip *server)
{
	for (unsigned i = 0; i < n->n; i++) {
		if (ip_equal(&n->server[i], server))
			return i + 1;
	}
	return 0;
}

static bool ask_past(void *ctx, const struct ip *server, bool tcp, uint32_t number)
{
	const struct elevate_plea plea = { .then = socket_came, .value = number };
	uint32_t how = tcp ? MESSAGE_QUERY_TCP : 0;
	struct daemon *d = ctx;
	enum nameservers_way way = nameservers_way(d, server);

	if (way == NAMESERVERS_OUTSIDE || way == NAMESERVERS_HERE || is_carried(d, server))
		return false;
	if (way == NAMESERVERS_INSIDE)
		how |= MESSAGE_QUERY_AROUND |
		       number_of(&d->nameservers, server) * MESSAGE_QUERY_SERVER;
	return elevate_ask(d, MESSAGE_QUERY, server->family, how, &plea) == 0;
}

void nameservers_start(struct daemon *d)
{
	resolver_set_fetch(d->resolver, fetch, d);
	resolver_set_past(d->resolver, ask_past, d);
}
