/* SPDX-License-Identifier: ISC */
#include "daemon/nameservers.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "daemon/internal.h"
#include "diag/state.h"
#include "netlink/route.h"
#include "proto/admin.h"

/* --- the text --- */

static void fetched(struct daemon *d, const struct elevate_plea *plea,
		    const struct elevate_answer *a)
{
	bool failed = a->result < 0 || a->fd[0] < 0;

	(void)plea;
	/* Too many at once is no failure, it will ask again. */
	if (failed && !d->resolv_failed && a->result != -EBUSY)
		log_warn("cannot read resolv.conf: %s; names are still resolved as before",
			 strerror(-a->result));
	d->resolv_failed = failed && a->result != -EBUSY;
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

	while (p && !works(d, p))
		p = p->next;
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

enum nameservers_way nameservers_way(struct daemon *d, const struct ip *server)
{
	/* One on a link is reached by that link alone. */
	if (server->family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&server->v6))
		return NAMESERVERS_OUTSIDE;
	if (!leads_inside(d, server, 0))
		return NAMESERVERS_OUTSIDE;
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
	if (a->result != -EBUSY)
		d->past_error = a->result;
	resolver_socket(d->resolver, plea->value, a->fd[0]);
}

static bool ask_past(void *ctx, const struct ip *server, bool tcp, uint32_t number)
{
	const struct elevate_plea plea = { .then = socket_came, .value = number };
	uint32_t how = tcp ? MESSAGE_QUERY_TCP : 0;
	struct daemon *d = ctx;
	enum nameservers_way way = nameservers_way(d, server);

	if (way == NAMESERVERS_OUTSIDE || is_carried(d, server))
		return false;
	if (way == NAMESERVERS_INSIDE)
		how |= MESSAGE_QUERY_AROUND;
	return elevate_ask(d, MESSAGE_QUERY, server->family, how, &plea) == 0;
}

void nameservers_start(struct daemon *d)
{
	resolver_set_fetch(d->resolver, fetch, d);
	resolver_set_past(d->resolver, ask_past, d);
}
