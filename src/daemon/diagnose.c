/* SPDX-License-Identifier: ISC */
#include "daemon/diagnose.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/breath.h"
#include "base/clock.h"
#include "base/mem.h"
#include "control/record.h"
#include "daemon/internal.h"
#include "daemon/rpfilter.h"
#include "diag/status.h"
#include "diag/why.h"
#include "netlink/route.h"
#include "privsep/reconcile.h"
#include "proto/admin.h"

enum { SERVERS = 8, ROUTES = 32 }; /* questions to the kernel per answer */

struct diagnosis {
	struct daemon *d;
	struct why_about about;
	struct verdicts *found;
	struct print peers, verdicts; /* records */
	unsigned problems, early, up, well, routes;
	char servers[WHY_SERVERS]; /* that are asked for names; "": not looked at, or none */
	bool servers_inside;
	char servers_strict[IF_NAMESIZE];
};

/* Strict reverse path filtering drops what the server answers. */
static void look_at_filter(struct diagnosis *e, const struct ip *server, enum nameservers_way way)
{
	uint32_t link = e->d->nameservers.past_link;

	if (*e->servers_strict)
		return;
	if (way == NAMESERVERS_PAST)
		rpfilter_drops_from(e->d, server, e->servers_strict);
	else if (way == NAMESERVERS_INSIDE && server->family == AF_INET && link)
		rpfilter_is_strict(e->d, link, e->servers_strict);
}

/* Once for all names. */
static void look_at_servers(struct diagnosis *e)
{
	static const char *const ways[] = {
		[NAMESERVERS_OUTSIDE] = "",
		[NAMESERVERS_PAST] = " (past the tunnel)",
		[NAMESERVERS_INSIDE] = " (routed into the tunnel)",
		[NAMESERVERS_HERE] = " (on this host; what it asks goes into the tunnel)",
	};
	const struct nameservers *ns = &e->d->nameservers;
	unsigned n = *e->servers ? 0 : ns->n < SERVERS ? ns->n : SERVERS;
	char ip[IP_TEXT];
	size_t len = 0;

	for (unsigned i = 0; i < n && len < sizeof(e->servers); i++) {
		enum nameservers_way way = nameservers_way(e->d, &ns->server[i]);
		bool inside = way == NAMESERVERS_INSIDE || way == NAMESERVERS_HERE ||
			      (way == NAMESERVERS_PAST && ns->past_error < 0);

		e->servers_inside = inside && (i == 0 || e->servers_inside);
		look_at_filter(e, &ns->server[i], way);
		ip_print(ip, &ns->server[i]);
		len += (size_t)snprintf(e->servers + len, sizeof(e->servers) - len, "%s%s%s",
					i ? ", " : "", ip, ways[way]);
	}
}

static bool may_ask_route(struct diagnosis *e, const struct peer *p, const struct state *s)
{
	bool asks = s->word == STATE_HANDSHAKING || s->word == STATE_STALE || s->word == STATE_DEAD;

	return asks && endpoint_known(&p->endpoint) && e->routes++ < ROUTES;
}

static void look_around(struct diagnosis *e, const struct peer *p, struct why_around *a)
{
	struct daemon *d = e->d;
	struct route_path path;
	struct ip ip;

	*a = (struct why_around){ .route = -EAGAIN };
	daemon_peer_context(d, p, &a->around);
	state_of(&a->state, p, &a->around, e->about.mono);
	if (a->state.word == STATE_RESOLVING && a->around.why) {
		look_at_servers(e);
		a->servers = *e->servers ? e->servers : NULL;
		a->servers_inside = e->servers_inside;
		a->servers_error = d->nameservers.past_error;
		memcpy(a->servers_strict, e->servers_strict, sizeof(a->servers_strict));
	}
	if (!may_ask_route(e, p, &a->state))
		return;
	ip = endpoint_ip(&p->endpoint);
	a->route = route_get(&d->rtnl, &ip, d->mark, &path);
	rpfilter_drops(d, p, a->strict);
	a->loops = a->route == 0 && path.ifindex == d->ifindex && !d->link_lost;
}

static void take(struct diagnosis *e)
{
	for (unsigned i = 0; i < e->found->n; i++)
		e->problems += e->found->verdict[i].problem;
	e->early += why_count_early(e->found);
	why_print(&e->verdicts, e->found);
	e->found->n = 0;
}

static void look_at_peer(struct diagnosis *e, const struct peer *p, bool judge)
{
	char base64[KEY_BASE64_LEN + 1];
	struct why_around a;

	breath();
	look_around(e, p, &a);
	key_to_base64(base64, &p->public_key);
	record_begin(&e->peers, "peer", "%s", base64);
	status_state(&e->peers, p, &a.state);
	record_end(&e->peers);
	if (!judge)
		return;
	why_peer(e->found, &e->d->datapath.tunnel, &e->about, p, &a);
	take(e);
}

static void count_peer(struct diagnosis *e, const struct peer *p)
{
	enum state_word word = daemon_peer_word(e->d, p, e->about.mono);

	e->up += word == STATE_UP;
	e->well += word == STATE_UP || (word == STATE_IDLE && p->handshake_at);
}

static void look_at_all(struct diagnosis *e)
{
	const struct tunnel *t = &e->d->datapath.tunnel;
	const struct peer *p;
	bool judge;

	for (p = admin_first(t); p; p = p->next)
		count_peer(e, p);
	e->about.all_well = e->well && e->well == admin_count(t);
	why_tunnel(e->found, t, &e->about);
	judge = !why_ends_there(e->found);
	take(e);
	for (p = admin_first(t); p; p = p->next)
		look_at_peer(e, p, judge);
}

static void print_head(const struct diagnosis *e, struct print *out)
{
	const struct tunnel *t = &e->d->datapath.tunnel;
	char base64[KEY_BASE64_LEN + 1] = "none";

	if (!key_is_zero(admin_public_key(t)))
		key_to_base64(base64, admin_public_key(t));
	record_begin(out, "why", "%s", e->d->name);
	record_add(out, "healthy", e->problems || e->early ? "no" : "yes");
	record_add(out, "problems", "%u", e->problems);
	record_add(out, "early", "%u", e->early);
	record_add(out, "peers", "%zu", admin_count(t));
	record_add(out, "up", "%u", e->up);
	record_add(out, "listen_port", "%u", e->d->port);
	record_add(out, "public_key", "%s", base64);
	record_end(out);
}

void diagnose(struct daemon *d, struct print *out)
{
	const struct status_dns dns = daemon_dns(d);
	struct instant now = clock_now();
	struct diagnosis e = {
		.d = d,
		.about = { .name = d->name,
			   .port = d->port,
			   .dns = &dns,
			   .mono = now.mono,
			   .wall = now.wall,
			   .unguarded = d->crossing & CROSSING_EXPOSED,
			   .back_at = d->peerwatch.back_at,
			   .back_by = d->peerwatch.back_by,
			   .drift = &d->drift,
			   .drift_at = d->drift_at },
		.found = mem_new(sizeof(*e.found)),
	};

	if (!e.found) {
		out->failed = true;
		return;
	}
	look_at_all(&e);
	print_head(&e, out);
	if (e.peers.len)
		print_bytes(out, e.peers.chars, e.peers.len);
	if (e.verdicts.len)
		print_bytes(out, e.verdicts.chars, e.verdicts.len);
	out->failed |= e.peers.failed || e.verdicts.failed;
	print_fini(&e.peers);
	print_fini(&e.verdicts);
	mem_free(e.found);
}
