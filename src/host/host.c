/* SPDX-License-Identifier: ISC */
#include "host/host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "base/print.h"
#include "host/shell.h"
#include "host/spawn.h"
#include "host/sweep.h"
#include "host/undo.h"
#include "io/tun.h"
#include "io/udp.h"
#include "netlink/ifaddr.h"

enum {
	FIRST_TABLE = 51820, /* where wg-quick starts... */
	TABLES = 4096,       /* ...and how many to try */
};

struct host {
	struct rtnl rtnl;
	struct undo undo;
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
	rtnl_close(&h->rtnl);
	undo_fini(&h->undo);
	mem_free(h);
}

/* Its first character; 0: not available. */
static char read_sysctl(const char *path)
{
	char value = 0;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (read(fd, &value, 1) != 1)
		value = 0;
	close(fd);
	return value;
}

static void write_sysctl(const char *path, char value)
{
	char now = 0;
	int fd;

	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	if (read(fd, &now, 1) == 1 && now != value && pwrite(fd, &value, 1, 0) < 0)
		now = 0; /* read-only, in a container: the caller can live with it */
	close(fd);
}

int host_tun(struct host *h, char name[16], bool vnet, int *fd)
{
	char path[80];
	int r;

	(void)h;
	r = tun_create(name, vnet, fd);
	if (r < 0)
		return r;
	/* Otherwise replacing an address also removes its neighbours and all routes. */
	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/promote_secondaries", name);
	write_sysctl(path, '1');
	return 0;
}

int host_tun_name(struct host *h, int fd, char name[16])
{
	struct tun_about about;
	int r = tun_about(fd, &about);

	(void)h;
	if (r == 0)
		memcpy(name, about.name, sizeof(about.name));
	return r;
}

int host_udp(struct host *h, uint16_t port, uint32_t mark, int fd[2], uint16_t *bound)
{
	(void)h;
	return udp_pair(port, mark, fd, bound);
}

void host_buffers(struct host *h, const int fd[2], uint32_t recv_bytes, uint32_t send_bytes)
{
	(void)h;
	for (int i = 0; i < UDP_SOCKETS; i++)
		udp_buffers(fd[i], recv_bytes, send_bytes);
}

int host_mark(struct host *h, const int fd[2], uint32_t mark)
{
	(void)h;
	for (int i = 0; i < UDP_SOCKETS; i++) {
		int r = fd[i] < 0 ? 0 : udp_mark(fd[i], mark);

		if (r < 0)
			return r;
	}
	return 0;
}

int host_link(struct host *h, const char *name, struct link_info *info)
{
	return link_get(&h->rtnl, name, info);
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

static struct prefix everything(int family)
{
	struct prefix p = { .bits = 0 };

	p.ip.family = (uint8_t)family;
	return p;
}

static int add_default(struct host *h, uint32_t ifindex, int family, uint32_t table)
{
	struct prefix all = everything(family);
	int r;

	/* Never reset: another tunnel on this host may rely on it (wg-quick leaves it, too). */
	if (family == AF_INET)
		write_sysctl("/proc/sys/net/ipv4/conf/all/src_valid_mark", '1');
	/* The rule that diverts comes last: until then nothing has changed. */
	r = route_add(&h->rtnl, &all, ifindex, table);
	if (r < 0)
		return r;
	r = rule_add_suppress(&h->rtnl, family);
	if (r < 0)
		goto no_suppress;
	r = rule_add_not_mark(&h->rtnl, family, table, table);
	if (r < 0)
		goto no_rule;
	return 0;

no_rule:
	rule_del_suppress(&h->rtnl, family);
no_suppress:
	route_del(&h->rtnl, &all, ifindex, table);
	return r;
}

static int del_default(struct host *h, uint32_t ifindex, int family, uint32_t table)
{
	struct prefix all = everything(family);
	unsigned not_mark = 0, suppress = 0;
	int r, first = 0;

	r = rule_del_not_mark(&h->rtnl, family, table, table);
	if (r < 0)
		first = r;
	/* The other rule serves every tunnel with a default route: the last one removes it. */
	r = rule_count(&h->rtnl, family, &not_mark, &suppress);
	if (r == 0 && not_mark == 0)
		r = rule_del_suppress(&h->rtnl, family);
	if (r < 0 && !first)
		first = r;
	r = route_del(&h->rtnl, &all, ifindex, table);
	/* The routes went with the device. */
	if (r < 0 && r != -ENODEV && !first)
		first = r;
	return first;
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

bool host_has_ipv6(struct host *h)
{
	(void)h;
	if (access("/proc/sys/net/ipv4", F_OK) == 0 && access("/proc/sys/net/ipv6", F_OK) < 0)
		return false;
	return read_sysctl("/proc/sys/net/ipv6/conf/all/disable_ipv6") != '1';
}

static int deed(struct host *h, bool add, const struct undo_entry *e)
{
	switch (e->kind) {
	case UNDO_ADDRESS:
		return add ? ifaddr_add(&h->rtnl, e->ifindex, &e->prefix)
			   : ifaddr_del(&h->rtnl, e->ifindex, &e->prefix);
	case UNDO_ROUTE:
		return add ? route_add(&h->rtnl, &e->prefix, e->ifindex, e->table)
			   : route_del(&h->rtnl, &e->prefix, e->ifindex, e->table);
	case UNDO_DEFAULT:
		return add ? add_default(h, e->ifindex, e->prefix.ip.family, e->table)
			   : del_default(h, e->ifindex, e->prefix.ip.family, e->table);
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
	struct undo_entry e = { .kind = UNDO_DEFAULT, .ifindex = ifindex, .table = table };

	e.prefix = everything(family);
	return add_or_del(h, add, &e);
}

int host_free_table(struct host *h, uint32_t *table)
{
	for (uint32_t t = FIRST_TABLE; t < FIRST_TABLE + TABLES; t++) {
		bool empty = false;
		int r = route_table_is_empty(&h->rtnl, t, &empty);

		if (r < 0)
			return r;
		if (empty) {
			*table = t;
			return 0;
		}
	}
	return -ENOSPC;
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

static bool put_name_in(struct print *out, const char *command, const char *name)
{
	const char *at;

	while ((at = strstr(command, "%i"))) {
		print_bytes(out, command, (size_t)(at - command));
		print_add(out, "%s", name);
		command = at + 2;
	}
	print_add(out, "%s", command);
	return !out->failed;
}

int host_hook_start(struct host *h, const char *name, const char *command, int *fd)
{
	struct print text = { 0 };
	int r = -ENOMEM;

	if (h->hook.fd >= 0)
		return -EBUSY;
	if (put_name_in(&text, command, name)) {
		const char *argv[SHELL_ARGS];

		shell_argv(argv, shell_is_bash(), text.chars);
		r = spawn_start(&h->hook, argv, NULL, false);
	}
	print_fini(&text);
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

void host_redo(struct host *h)
{
	for (size_t i = 0; i < h->undo.n; i++) {
		const struct undo_entry *e = &h->undo.entry[i];

		if (e->kind == UNDO_ROUTE)
			route_restore(&h->rtnl, &e->prefix, e->ifindex, e->table);
		else
			deed(h, true, e);
	}
}

void host_undo(struct host *h)
{
	struct undo_entry e;

	while (undo_pop(&h->undo, &e))
		deed(h, false, &e);
}
