/* SPDX-License-Identifier: ISC */
#include "host/host.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "host/divert.h"
#include "host/present.h"
#include "host/shell.h"
#include "host/shield.h"
#include "host/spawn.h"
#include "host/sweep.h"
#include "host/sysctl.h"
#include "host/undo.h"
#include "io/query.h"
#include "netlink/block.h"
#include "netlink/guard.h"
#include "netlink/ifaddr.h"
#include "netlink/uplink.h"

enum {
	CLOSED = 16, /* tables that a killed tunnel may have left, of one family */
};

static const int families[] = { AF_INET, AF_INET6 };

struct host {
	struct rtnl rtnl;
	struct undo undo;
	struct shield shield; /* while UNDO_GUARD is there */
	int unguarded;        /* why what was wanted last is not guarded: -errno; 0: it is */
	char name[CONF_NAME_MAX + 1];
	bool stays_closed;
	struct spawn hook;
};

int host_open(struct host **out)
{
	struct host *h = mem_new(sizeof(*h));
	int r;

	if (!h)
		return -ENOMEM;
	r = rtnl_open(&h->rtnl);
	if (r < 0) {
		mem_free(h);
		return r;
	}
	h->hook.fd = -1;
	*out = h;
	return 0;
}

void host_close(struct host *h)
{
	if (!h)
		return;
	host_undo(h);
	shield_fini(&h->shield);
	rtnl_close(&h->rtnl);
	undo_fini(&h->undo);
	mem_free(h);
}

int host_query(struct host *h, struct host_query *q, int *fd)
{
	int r = q->around ? uplink_find(&h->rtnl, &q->server, q->around, &q->link) : 0;

	if (r == 0)
		r = query_socket(q->server.family, q->tcp, q->mark, q->link);
	if (r < 0)
		return r;
	*fd = r;
	return 0;
}

int host_link(struct host *h, const char *name, struct link_info *info)
{
	return link_get(&h->rtnl, name, info);
}

int host_link_index(struct host *h, uint32_t ifindex, struct link_info *info)
{
	return link_get_index(&h->rtnl, ifindex, info);
}

int host_link_up(struct host *h, uint32_t ifindex, bool up)
{
	return link_set_up(&h->rtnl, ifindex, up);
}

int host_queue_len(struct host *h, uint32_t ifindex, uint32_t packets)
{
	return link_set_queue_len(&h->rtnl, ifindex, packets);
}

int host_segments(struct host *h, uint32_t ifindex, uint32_t segments)
{
	return link_set_segments(&h->rtnl, ifindex, segments);
}

int host_mtu(struct host *h, uint32_t ifindex, uint32_t mtu)
{
	return link_set_mtu(&h->rtnl, ifindex, mtu);
}

void host_name(struct host *h, const char *name)
{
	snprintf(h->name, sizeof(h->name), "%s", name);
}

int host_sweep(struct host *h, const char *name, struct host_swept *swept)
{
	int rules, dns;

	*swept = (struct host_swept){ 0 };
	rules = sweep_rules(&h->rtnl, &swept->rules);
	dns = name ? resolvconf_sweep(name) : 0;
	swept->dns = dns > 0;
	return rules < 0 ? rules : dns < 0 ? dns : 0;
}

/* Or has no /proc/sys to tell. */
static bool knows_ipv6(void)
{
	return access("/proc/sys/net/ipv4", F_OK) < 0 || access("/proc/sys/net/ipv6", F_OK) == 0;
}

bool host_has_ipv6(struct host *h)
{
	(void)h;
	return knows_ipv6() && !sysctl_ipv6_is_off();
}

static int deed(struct host *h, bool add, const struct undo_entry *e)
{
	uint32_t metric = block_metric(h->name);

	/* They may be the only ones that keep the world out, once the device is gone. */
	if (!add && h->stays_closed && (e->kind == UNDO_CLOSED || e->kind == UNDO_DEFAULT))
		return 0;
	switch (e->kind) {
	case UNDO_GUARD:
		return add ? shield_renew(&h->shield, h->name) : shield_drop(&h->shield, h->name);
	case UNDO_CLOSED:
		return add ? block_add(&h->rtnl, e->prefix.ip.family, e->table, metric)
			   : block_del(&h->rtnl, e->prefix.ip.family, e->table, metric);
	case UNDO_ADDRESS:
		/* The route of its network goes with it, unless we have put that back. */
		if (!add)
			route_del(&h->rtnl, &e->prefix, e->ifindex, ROUTE_TABLE_MAIN);
		return add ? ifaddr_add(&h->rtnl, e->ifindex, &e->prefix)
			   : ifaddr_del(&h->rtnl, e->ifindex, &e->prefix);
	case UNDO_ROUTE:
		return add ? route_add(&h->rtnl, &e->prefix, e->ifindex, e->table)
			   : route_del(&h->rtnl, &e->prefix, e->ifindex, e->table);
	case UNDO_DEFAULT:
		return add ? divert_add(&h->rtnl, e->ifindex, e->prefix.ip.family, e->table)
			   : divert_del(&h->rtnl, e->ifindex, e->prefix.ip.family, e->table);
	case UNDO_DNS:
		return add ? 0 : resolvconf_undo(e->name, e->helpers);
	}
	return -EINVAL;
}

static int add_or_del(struct host *h, bool add, const struct undo_entry *e)
{
	int r;

	if (!add) {
		r = deed(h, false, e);
		undo_remove(&h->undo, e);
		return r;
	}
	r = undo_reserve(&h->undo);
	if (r < 0)
		return r;
	r = deed(h, true, e);
	if (r == 0)
		undo_add(&h->undo, e);
	return r;
}

int host_address(struct host *h, bool add, uint32_t ifindex, const struct prefix *address)
{
	struct undo_entry e = { .kind = UNDO_ADDRESS, .ifindex = ifindex, .prefix = *address };

	return add_or_del(h, add, &e);
}

int host_route(struct host *h, bool add, uint32_t ifindex, const struct prefix *dst, uint32_t table)
{
	struct undo_entry e = { .kind = UNDO_ROUTE, .ifindex = ifindex, .prefix = *dst };

	e.table = table ? table : ROUTE_TABLE_MAIN;
	return add_or_del(h, add, &e);
}

int host_default_route(struct host *h, bool add, uint32_t ifindex, int family, uint32_t table)
{
	struct undo_entry closed = { .kind = UNDO_CLOSED, .table = table }, e;
	int r, first;

	if (add && family == AF_INET6 && !knows_ipv6())
		return 0;
	closed.prefix.ip.family = (uint8_t)family;
	closed.metric = block_metric(h->name);
	e = closed;
	e.kind = UNDO_DEFAULT;
	e.ifindex = ifindex;
	if (!add) {
		first = add_or_del(h, false, &e);
		r = add_or_del(h, false, &closed);
		return first < 0 ? first : r;
	}
	r = add_or_del(h, true, &closed);
	if (r < 0)
		return r;
	r = add_or_del(h, true, &e);
	if (r < 0)
		add_or_del(h, false, &closed);
	return r;
}

int host_guard(struct host *h, uint32_t ifindex, const struct prefixes *address, uint32_t mark)
{
	struct undo_entry e = { .kind = UNDO_GUARD };
	bool has = undo_find(&h->undo, &e);
	int r;

	h->unguarded = 0;
	if (!mark)
		return has ? add_or_del(h, false, &e) : 0;
	r = undo_reserve(&h->undo);
	if (r == 0)
		r = shield_raise(&h->shield, &h->rtnl, h->name, ifindex, address, mark);
	if (r == 0 && !has)
		undo_add(&h->undo, &e);
	h->unguarded = r;
	return r;
}

int host_unguarded(const struct host *h)
{
	return h->unguarded;
}

void host_stay_closed(struct host *h, bool closed)
{
	h->stays_closed = closed;
}

int host_closed(struct host *h, uint32_t *table)
{
	int r = 0;

	for (size_t i = 0; i < LEN(families) && r == 0; i++)
		r = sweep_closed(&h->rtnl, families[i], block_metric(h->name), table);
	return r;
}

/* What this run has added itself stays. */
static int reopen_family(struct host *h, int family, struct host_swept *swept)
{
	struct undo_entry own = { .kind = UNDO_CLOSED, .prefix.ip.family = (uint8_t)family };
	uint32_t metric = block_metric(h->name), found[CLOSED];
	size_t n = 0;
	int first = block_tables(&h->rtnl, family, metric, found, LEN(found), &n), r;

	for (size_t i = 0; i < n; i++) {
		own.table = found[i];
		if (undo_find(&h->undo, &own))
			continue;
		r = sweep_open(&h->rtnl, family, found[i], metric, &swept->rules);
		swept->closed |= r == 0;
		first = first ? first : r;
	}
	return first;
}

int host_reopen(struct host *h, struct host_swept *swept)
{
	const struct undo_entry guard = { .kind = UNDO_GUARD };
	int first = 0;

	for (size_t i = 0; i < LEN(families); i++) {
		int r = reopen_family(h, families[i], swept);

		first = first ? first : r;
	}
	/* Kernels before 5.12 keep it, too. */
	if (swept->closed && !undo_find(&h->undo, &guard))
		guard_del(&h->shield.nfnl, h->name);
	return first;
}

int host_free_table(struct host *h, uint32_t *table)
{
	return divert_free_table(&h->rtnl, table);
}

static struct undo_entry *find_dns(struct host *h, const char *name, struct undo_entry *like)
{
	*like = (struct undo_entry){ .kind = UNDO_DNS };
	snprintf(like->name, sizeof(like->name), "%s", name);
	return undo_find(&h->undo, like);
}

int host_dns_set(struct host *h, const struct resolvconf_wish *wish,
		 struct resolvconf_result *result)
{
	struct undo_entry e, *old;
	int r;

	*result = (struct resolvconf_result){ 0 };
	r = undo_reserve(&h->undo);
	if (r < 0)
		return r;
	r = resolvconf_set(wish, result);
	old = find_dns(h, wish->name, &e);
	e.helpers = resolvconf_used(result);
	if (!old && e.helpers) {
		undo_add(&h->undo, &e);
	} else if (old && r < 0) {
		old->helpers |= e.helpers;
	} else if (old && old->helpers != e.helpers) {
		resolvconf_undo(e.name, old->helpers & ~e.helpers);
		old->helpers = e.helpers;
		/* resolv.conf may have changed with that. */
		resolvconf_look(wish, result);
	}
	return r;
}

int host_dns_drop(struct host *h, const char *name)
{
	struct undo_entry like, *e = find_dns(h, name, &like);

	if (!e)
		return 0;
	like = *e;
	return add_or_del(h, false, &like);
}

int host_hook_start(struct host *h, const char *name, const char *command, int *fd)
{
	int r;

	if (h->hook.fd >= 0)
		return -EBUSY;
	r = shell_start(&h->hook, name, command);
	if (r < 0)
		return r;
	*fd = h->hook.fd;
	return 0;
}

bool host_hook_ended(struct host *h, int ms)
{
	return spawn_ended(&h->hook, ms);
}

int host_hook_end(struct host *h)
{
	return spawn_wait(&h->hook);
}

void host_hook_stop(struct host *h, bool force)
{
	if (h->hook.fd >= 0)
		spawn_stop(&h->hook, force);
}

int host_objects(struct host *h, struct objects *list)
{
	return undo_list(&h->undo, list);
}

void host_let_go(struct host *h, const struct objects *there)
{
	undo_let_go(&h->undo, there);
}

int host_look(struct host *h, uint32_t ifindex, struct objects *there)
{
	return present_look(&h->rtnl, ifindex, &h->undo, there);
}

int host_put_back(struct host *h, uint32_t ifindex, const struct object *o)
{
	return present_restore(&h->rtnl, ifindex, o);
}

void host_redo(struct host *h, uint32_t ifindex)
{
	const struct undo_entry guard = { .kind = UNDO_GUARD };

	present_redo(&h->rtnl, ifindex, &h->undo);
	/* Before Linux 5.12 others may have removed it. */
	if (undo_find(&h->undo, &guard))
		shield_renew(&h->shield, h->name);
}

void host_undo(struct host *h)
{
	struct undo_entry e;

	while (undo_pop(&h->undo, &e))
		deed(h, false, &e);
}
