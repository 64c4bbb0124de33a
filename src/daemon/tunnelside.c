/* SPDX-License-Identifier: ISC */
#include "daemon/tunnelside.h"

#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/aead.h"
#include "daemon/apply.h"
#include "daemon/linkwatch.h"
#include "daemon/mtu.h"
#include "daemon/tuning.h"
#include "proto/admin.h"

/* --- sockets --- */

static void close_datapath(struct daemon *d)
{
	datapath_close(&d->datapath);
	loop_follow_datapath(&d->loop);
}

void tunnelside_commit_rebind(struct daemon *d, struct change *c)
{
	uint32_t mark = d->mark;
	uint16_t port = d->port;

	if (c->walk == WALK_END) {
		close_datapath(d);
		return;
	}
	if (c->has_sockets)
		rebind_commit(&c->sockets, d, c->now);
	d->mark = c->sockets.mark;
	if (d->port != port)
		print_add(c->report, "UDP port changed from %u to %u\n", port, d->port);
	if (d->mark == mark)
		return;
	/* Our own packets may then take another path. */
	mtu_forget(&d->datapath.tunnel);
	print_add(c->report, "FwMark changed from 0x%" PRIx32 " to 0x%" PRIx32 "\n", mark, d->mark);
}

/* --- keys and peers --- */

int tunnelside_plan_peers(struct daemon *d, struct change *c)
{
	int r = apply_check(&d->datapath.tunnel, c->to);

	if (r < 0 && c->walk == WALK_START)
		log_error("cannot set up %zu peers: %s", c->to->n_peer, strerror(-r));
	return r;
}

static int apply_changes(struct daemon *d, const struct change *c)
{
	struct tunnel *t = &d->datapath.tunnel;
	size_t before = admin_count(t);
	int r;

	r = apply_request(t, &d->names, c->to, c->now);
	linkwatch_endpoint(d);
	/* Peers are many small allocations among others: without this their pages stay ours. */
	if (admin_count(t) < before)
		mem_trim();
	if (r < 0)
		log_error("request only partly applied: %s", strerror(-r));
	return r;
}

static int apply_result(struct daemon *d, const struct change *c)
{
	int r;

	r = apply_file(&d->datapath.tunnel, &d->names, c->to, c->from, c->now, c->report);
	if (r < 0 && c->walk == WALK_START)
		log_error("cannot set up %zu peers: %s", c->to->n_peer, strerror(-r));
	return r;
}

void tunnelside_commit_peers(struct daemon *d, struct change *c)
{
	if (c->walk == WALK_END) {
		names_forget_all(&d->names);
		return;
	}
	datapath_quiesce(&d->datapath, c->now);
	/* Our own packets may then take another path. */
	if (c->rerouted)
		mtu_forget(&d->datapath.tunnel);
	c->error = c->walk == WALK_SET ? apply_changes(d, c) : apply_result(d, c);
}

/* --- the link --- */

void tunnelside_commit_link(struct daemon *d, struct change *c)
{
	/* The plan of the link chose it: it may change with the paths to the peers. */
	if (!(c->to->set & CONF_MTU))
		d->mtu_chosen = c->link.mtu;
	linkwatch_link(d, &c->link, false);
}

static int change_mtu(struct daemon *d, const struct change *c)
{
	if (c->to->set & CONF_MTU) {
		datapath_mtu(&d->datapath, d->mtu = c->link.mtu);
		d->mtu_chosen = 0;
		return 0;
	}
	if (c->from->set & CONF_MTU)
		d->mtu_chosen = 0;
	return linkwatch_choose_mtu(d);
}

void tunnelside_commit_mtu(struct daemon *d, struct change *c)
{
	uint32_t before = d->mtu;
	int r = change_mtu(d, c);

	if (r < 0)
		print_add(c->report, "MTU not changed: %s\n", strerror(-r));
	else if (d->mtu != before)
		print_add(c->report, "MTU changed from %" PRIu32 " to %" PRIu32 "\n", before,
			  d->mtu);
}

/* --- what takes effect only at the next start --- */

/* Keys in use belong to the backend that seals with them. */
void tunnelside_commit_aead(struct daemon *d, struct change *c)
{
	const char *next = c->to->aead;

	if (d->options.aead || !next || strcmp(next, "auto") == 0 || strcmp(next, aead_name()) == 0)
		return;
	print_add(c->report, "Aead = %s takes effect at the next start; until then %s is used\n",
		  next, aead_name());
}

void tunnelside_commit_tunables(struct daemon *d, struct change *c)
{
	(void)d;
	tuning_compare(&c->from->tune, &c->to->tune, c->report);
}
