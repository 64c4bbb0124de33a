/* SPDX-License-Identifier: ISC */
#include "daemon/tunnelside.h"

#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/mem.h"
#include "crypto/aead.h"
#include "daemon/apply.h"
#include "daemon/linkwatch.h"
#include "daemon/mtu.h"
#include "daemon/rebind.h"
#include "daemon/rpfilter.h"
#include "daemon/tuning.h"
#include "proto/admin.h"

enum {
	FILES = WALK_START | WALK_RELOAD,
	ALL = FILES | WALK_SET | WALK_END,
};

/* --- sockets --- */

static void close_datapath(struct daemon *d)
{
	datapath_close(&d->datapath);
	loop_follow_datapath(&d->loop);
}

static void commit_rebind(void *side, struct change *c)
{
	struct daemon *d = side;
	uint32_t mark = d->mark;
	uint16_t port = d->port;

	if (c->walk == WALK_END) {
		close_datapath(d);
		return;
	}
	rebind(d, c->port, c->mark, c->fd);
	if (d->port != port)
		print_add(c->report, "UDP port changed from %u to %u\n", port, d->port);
	if (d->mark != mark)
		print_add(c->report, "FwMark changed from 0x%" PRIx32 " to 0x%" PRIx32 "\n", mark,
			  d->mark);
	/* Our own packets may then take another path. */
	if (d->mark != mark || c->crossing & CROSSING_REROUTED)
		mtu_forget(&d->datapath.tunnel);
	if (c->walk != WALK_SET)
		d->crossing = c->crossing;
}

/* --- keys and peers --- */

static int plan_peers(void *side, struct change *c)
{
	struct daemon *d = side;
	int r = apply_check(&d->datapath.tunnel, c->to);

	if (r < 0 && c->walk == WALK_START)
		log_error("cannot set up %zu peers: %s", c->to->n_peer, strerror(-r));
	return r;
}

static int apply_changes(struct daemon *d, const struct change *c, struct instant now)
{
	struct tunnel *t = &d->datapath.tunnel;
	size_t before = admin_count(t);
	int r;

	r = apply_request(t, &d->names, c->to, now);
	linkwatch_endpoint(d);
	/* Peers are many small allocations among others: without this their pages stay ours. */
	if (admin_count(t) < before)
		mem_trim();
	if (r < 0)
		log_error("request only partly applied: %s", strerror(-r));
	return r;
}

static int apply_result(struct daemon *d, const struct change *c, struct instant now)
{
	int r;

	r = apply_file(&d->datapath.tunnel, &d->names, c->to, c->from, now, c->report);
	if (r < 0 && c->walk == WALK_START)
		log_error("cannot set up %zu peers: %s", c->to->n_peer, strerror(-r));
	return r;
}

static void commit_peers(void *side, struct change *c)
{
	struct instant now = clock_now();
	struct daemon *d = side;

	if (c->walk == WALK_END) {
		names_forget_all(&d->names);
		return;
	}
	d->loop.settle = true;
	datapath_quiesce(&d->datapath, now);
	c->error = c->walk == WALK_SET ? apply_changes(d, c, now) : apply_result(d, c, now);
	d->loop.settle = false;
	stamping_give(d);
	/* Peers that a file no longer has leave the file of stamps, too. */
	if (c->walk == WALK_RELOAD)
		stamping_soon(d);
}

/* --- the link --- */

/* Before anything passes through it; peers with names are not known yet. */
static int plan_link(void *side, struct change *c)
{
	uint32_t mark = c->to->fwmark ? c->to->fwmark : c->mark;
	struct daemon *d = side;

	if (!(c->to->set & CONF_MTU))
		c->mtu = mtu_expect(&d->rtnl, c->to, d->ifindex, mark);
	return 0;
}

static void commit_link(void *side, struct change *c)
{
	struct daemon *d = side;

	if (!(c->to->set & CONF_MTU))
		d->mtu_chosen = c->mtu;
	linkwatch_adopt(d);
	if (!(c->to->set & CONF_MTU))
		linkwatch_choose_mtu(d);
}

static void commit_mtu(void *side, struct change *c)
{
	struct daemon *d = side;
	uint32_t before = d->mtu;

	/* The monitor sets what the file says, and the kernel tells us. */
	if (c->to->set & CONF_MTU || c->from->set & CONF_MTU)
		d->mtu_chosen = 0;
	if (c->to->set & CONF_MTU)
		return;
	linkwatch_choose_mtu(d);
	if (d->mtu != before)
		print_add(c->report, "MTU changed from %" PRIu32 " to %" PRIu32 "\n", before,
			  d->mtu);
}

/* After the peers, whose paths it is about. */
static void commit_rpfilter(void *side, struct change *c)
{
	(void)c;
	rpfilter_warn(side, NULL);
}

/* --- what takes effect only at the next start --- */

/* Keys in use belong to the backend that seals with them. */
static void commit_aead(void *side, struct change *c)
{
	const char *next = c->to->aead;
	struct daemon *d = side;

	if (d->aead || !next || strcmp(next, "auto") == 0 || strcmp(next, aead_name()) == 0)
		return;
	print_add(c->report, "Aead = %s takes effect at the next start; until then %s is used\n",
		  next, aead_name());
}

static void commit_tunables(void *side, struct change *c)
{
	(void)side;
	tuning_compare(&c->from->tune, &c->to->tune, c->report);
}

/*
 * Sockets are in use before peers are set, since they limit the addresses of a name.  The link
 * is adopted after the peers, which its MTU depends on.
 */
static const struct part parts[] = {
	{ .name = "rebind", ALL, .commit = commit_rebind },
	{ .name = "tunnel",
	  ALL,
	  RECONCILE_KEYS("PrivateKey", "PrivateKeyFile", "PublicKey", "Name", "PresharedKey",
			 "PresharedKeyFile", "Endpoint", "AllowedIPs", "PersistentKeepalive"),
	  .plan = plan_peers,
	  .commit = commit_peers },
	{ .name = "link", WALK_START, .plan = plan_link, .commit = commit_link },
	{ .name = "rpfilter", FILES, .commit = commit_rpfilter },
	{ .name = "aead", WALK_RELOAD, RECONCILE_KEYS("Aead"), .commit = commit_aead },
	{ .name = "tunables",
	  WALK_RELOAD,
	  RECONCILE_KEYS("TunVnet", "TunTso", "TunUso", "TunTcpGro", "TunUdpGro", "UdpGso",
			 "UdpGro", "UdpRcvbuf", "UdpSndbuf", "TunQueueLen", "TunGsoSegs",
			 "BatchBytes"),
	  .commit = commit_tunables },
	{ .name = "mtu", WALK_RELOAD, .commit = commit_mtu },
	{ .name = "ignored", 0, RECONCILE_KEYS("SaveConfig") },
};

const struct parts tunnelside_parts = { parts, LEN(parts) };
