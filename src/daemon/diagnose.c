/* SPDX-License-Identifier: ISC */
#include "daemon/diagnose.h"

#include <errno.h>

#include "base/clock.h"
#include "base/mem.h"
#include "daemon/internal.h"
#include "daemon/rpfilter.h"
#include "diag/why.h"
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
	a->route = host_path(d->host, &ip, d->mark, &path);
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
	char base64[KEY_BASE64_LEN + 1], end[ENDPOINT_TEXT];
	struct why_around a;

	look_around(e, p, &a);
	key_to_base64(base64, &p->public_key);
	endpoint_print(end, &p->endpoint);
	print_add(&e->peers, "peer=%s endpoint=%s state=%s reason=\"%s\"\n", base64,
		  *end ? end : "none", state_name(a.state.word), a.state.reason);
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

void diagnose(struct daemon *d, struct print *out)
{
	struct instant now = clock_now();
	struct diagnosis e = {
		.d = d,
		.about = { .name = d->options.name,
			   .port = d->port,
			   .mono = now.mono,
			   .wall = now.wall,
			   .back_at = d->peerwatch.back_at,
			   .back_by = d->peerwatch.back_by },
		.found = mem_new(sizeof(*e.found)),
	};
	char base64[KEY_BASE64_LEN + 1];

	if (!e.found) {
		out->failed = true;
		return;
	}
	look_at_all(&e);
	key_to_base64(base64, admin_public_key(&d->datapath.tunnel));
	print_add(out,
		  "why=%s healthy=%s problems=%u early=%u peers=%zu up=%u listen_port=%u "
		  "public_key=%s\n",
		  d->options.name, e.problems || e.early ? "no" : "yes", e.problems, e.early,
		  admin_count(&d->datapath.tunnel), e.up, d->port,
		  key_is_zero(admin_public_key(&d->datapath.tunnel)) ? "none" : base64);
	if (e.peers.len)
		print_bytes(out, e.peers.chars, e.peers.len);
	if (e.verdicts.len)
		print_bytes(out, e.verdicts.chars, e.verdicts.len);
	out->failed |= e.peers.failed || e.verdicts.failed;
	print_fini(&e.peers);
	print_fini(&e.verdicts);
	mem_free(e.found);
}
