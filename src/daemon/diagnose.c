/* SPDX-License-Identifier: ISC */
#include "daemon/diagnose.h"

#include <errno.h>

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

enum { ROUTES = 32 }; /* questions to the kernel per answer */

struct diagnosis {
	struct daemon *d;
	struct why_about about;
	struct verdicts *found;
	struct print peers, verdicts; /* records */
	unsigned problems, early, up, well, routes;
};

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
	struct instant now = clock_now();
	struct diagnosis e = {
		.d = d,
		.about = { .name = d->name,
			   .port = d->port,
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
