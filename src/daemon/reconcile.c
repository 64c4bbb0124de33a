/* SPDX-License-Identifier: ISC */
#include "daemon/reconcile.h"

#include "base/bytes.h"
#include "daemon/hostside.h"
#include "daemon/tunnelside.h"

#define KEYS(...) ((const char *const[]){ __VA_ARGS__, NULL })

enum {
	FILES = WALK_START | WALK_RELOAD,
	ALL = FILES | WALK_SET | WALK_END,
};

/*
 * Sockets are in use before peers are set, since they limit the addresses of a name.
 * Addresses are added before the link comes up, routes after that.  The link is adopted
 * after the peers, which its MTU depends on.
 */
static const struct part parts[] = {
	{ .name = "mark", SIDE_HOST, WALK_SET, .commit = hostside_commit_mark },
	{ .name = "rebind", SIDE_TUNNEL, ALL, .commit = tunnelside_commit_rebind },
	{ .name = "sockets",
	  SIDE_HOST,
	  FILES | WALK_SET,
	  KEYS("ListenPort", "FwMark"),
	  .plan = hostside_plan_sockets,
	  .cancel = hostside_cancel_sockets },
	{ .name = "addresses",
	  SIDE_HOST,
	  FILES | WALK_END,
	  KEYS("Address"),
	  .plan = hostside_plan_addresses,
	  .commit = hostside_commit_network,
	  .cancel = hostside_cancel_addresses },
	{ .name = "tunnel",
	  SIDE_TUNNEL,
	  ALL,
	  KEYS("PrivateKey", "PrivateKeyFile", "PublicKey", "Name", "PresharedKey",
	       "PresharedKeyFile", "Endpoint", "AllowedIPs", "PersistentKeepalive"),
	  .plan = tunnelside_plan_peers,
	  .commit = tunnelside_commit_peers },
	{ .name = "link", SIDE_HOST, WALK_START, .plan = hostside_plan_link },
	{ .name = "adopt", SIDE_TUNNEL, WALK_START, .commit = tunnelside_commit_link },
	{ .name = "routes",
	  SIDE_HOST,
	  FILES,
	  KEYS("Table"),
	  .plan = hostside_plan_routes,
	  .cancel = hostside_cancel_routes },
	{ .name = "rpfilter", SIDE_HOST, FILES, .commit = hostside_commit_rpfilter },
	{ .name = "dns", SIDE_HOST, FILES | WALK_END, KEYS("DNS"), .commit = hostside_commit_dns },
	{ .name = "aead",
	  SIDE_TUNNEL,
	  WALK_RELOAD,
	  KEYS("Aead"),
	  .commit = tunnelside_commit_aead },
	{ .name = "tunables",
	  SIDE_TUNNEL,
	  WALK_RELOAD,
	  KEYS("TunVnet", "TunTso", "TunUso", "TunTcpGro", "TunUdpGro", "UdpGso", "UdpGro",
	       "UdpRcvbuf", "UdpSndbuf", "TunQueueLen", "TunGsoSegs", "BatchBytes"),
	  .commit = tunnelside_commit_tunables },
	{ .name = "mtu", SIDE_HOST, WALK_RELOAD, KEYS("MTU"), .commit = hostside_commit_mtu },
	{ .name = "adopt mtu", SIDE_TUNNEL, WALK_RELOAD, .commit = tunnelside_commit_mtu },
	/* They run before and after a walk, not in one. */
	{ .name = "hooks",
	  SIDE_HOST,
	  WALK_RELOAD,
	  KEYS("PreUp", "PostUp", "PreDown", "PostDown"),
	  .commit = hostside_commit_hooks },
	{ .name = "ignored", SIDE_TUNNEL, 0, KEYS("SaveConfig") },
};

/* Undo the plans of a side that stand before the i-th part. */
static void cancel(const struct part *table, size_t i, enum side side, struct daemon *d,
		   struct change *c)
{
	while (i-- > 0) {
		if (table[i].side == side && table[i].walks & c->walk && table[i].cancel)
			table[i].cancel(d, c);
	}
}

/* 0 or -errno: then nothing of this side is planned. */
static int plan(const struct part *table, size_t n, enum side side, struct daemon *d,
		struct change *c)
{
	for (size_t i = 0; i < n; i++) {
		int r = 0;

		if (table[i].side == side && table[i].walks & c->walk && table[i].plan)
			r = table[i].plan(d, c);
		if (r < 0) {
			cancel(table, i, side, d, c);
			return r;
		}
	}
	return 0;
}

static void commit(const struct part *table, size_t n, struct daemon *d, struct change *c)
{
	for (size_t i = 0; i < n; i++) {
		const struct part *p = &table[c->walk == WALK_END ? n - 1 - i : i];

		if (p->walks & c->walk && p->commit)
			p->commit(d, c);
	}
}

/* 0 or -errno: then nothing is planned. */
static int plan_sides(const struct part *table, size_t n, struct daemon *d, struct change *c)
{
	int r;

	r = plan(table, n, SIDE_TUNNEL, d, c);
	if (r < 0)
		return r;
	r = plan(table, n, SIDE_HOST, d, c);
	if (r < 0)
		cancel(table, n, SIDE_TUNNEL, d, c);
	return r;
}

int reconcile_parts(const struct part *table, size_t n, struct daemon *d, struct change *c)
{
	int r = 0;

	if (c->walk != WALK_END)
		r = plan_sides(table, n, d, c);
	if (r == 0)
		commit(table, n, d, c);
	return r;
}

int reconcile(struct daemon *d, struct change *c)
{
	struct print unread = { 0 };
	int r;

	if (!c->report)
		c->report = &unread;
	r = reconcile_parts(parts, LEN(parts), d, c);
	network_fini(&c->wanted);
	if (c->report == &unread)
		c->report = NULL;
	print_fini(&unread);
	return r;
}

const struct part *reconcile_part(size_t i)
{
	return i < LEN(parts) ? &parts[i] : NULL;
}
