/* SPDX-License-Identifier: ISC */
#include "monitor/upkeep.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/clock.h"
#include "monitor/culprit.h"
#include "monitor/driftlog.h"

enum {
	REPORTED = 8,    /* lines of a reload about what was put back */
	LOOK_SHARE = 20, /* looks take at most this part of the time */
	ROUNDS = 10,     /* of lines in the log, in a minute */
};

static const uint64_t gather = 50 * MILLI_NS; /* what is taken away together */
static const uint64_t look_pause = 200 * MILLI_NS, tell_pause = SECOND_NS;
static const uint64_t log_pause = 5 * SECOND_NS, minute = 60 * SECOND_NS;

_Static_assert(sizeof(struct drift) <= MESSAGE_TEXT, "a report fits into a message");

/* Until then hooks may be at work, and during a walk we are. */
static bool may_work(const struct monitor *m)
{
	return m->upkeep.notices.sock && m->phase == PHASE_UP && !m->walking;
}

int upkeep_fd(const struct monitor *m)
{
	return may_work(m) ? m->upkeep.notices.fd : -1;
}

/* --- what to look at --- */

/* Whether it can have things again that it could not. */
static bool look_at_link(struct upkeep *u, const struct link_info *link)
{
	bool had_ipv6 = u->wanted.has_ipv6, was_up = u->wanted.link_up;

	u->wanted.link_up = link->up;
	u->wanted.has_ipv6 = link->mtu >= CONF_MTU_IPV6;
	return (!was_up && u->wanted.link_up) || (!had_ipv6 && u->wanted.has_ipv6);
}

static bool is_in_focus(const struct object *o, bool all)
{
	if (o->kind == OBJECT_ROUTE)
		return all || o->table != ROUTE_TABLE_MAIN;
	return o->kind == OBJECT_NETWORK;
}

/*
 * Somebody may put a route in the place of ours.  That is seen at once unless there are too many
 * of ours; but no tunnel has many in a table of its own.
 */
static int focus(struct monitor *m)
{
	const struct wanted *w = &m->upkeep.wanted;
	struct route_entry route[NOTICES_ROUTES];
	struct notices_focus focus = { .ifindex = m->ifindex, .route = route };
	size_t routes = 0;

	for (size_t k = 0; k < w->n; k++)
		routes += is_in_focus(&w->item[k].object, true);
	for (size_t k = 0; k < w->n && focus.n < NOTICES_ROUTES; k++) {
		const struct object *o = &w->item[k].object;

		if (is_in_focus(o, routes <= NOTICES_ROUTES))
			route[focus.n++] = (struct route_entry){
				.dst = o->prefix,
				.table = o->kind == OBJECT_NETWORK ? ROUTE_TABLE_MAIN : o->table,
			};
	}
	return notices_focus(&m->upkeep.notices, &focus);
}

static int adopt(struct monitor *m)
{
	struct objects list = { 0 };
	int r = host_objects(m->host, &list);

	if (r == 0)
		r = wanted_set(&m->upkeep.wanted, &list);
	objects_fini(&list);
	return r < 0 ? r : focus(m);
}

/* --- looks --- */

/* Not more often than it may be. quiet: the link has been down. */
static void want_look(struct upkeep *u, uint64_t at, bool quiet)
{
	if (at < u->looked_at + u->look_pause)
		at = u->looked_at + u->look_pause;
	if (!u->look || at < u->look_at)
		u->look_at = at;
	u->look = true;
	u->quiet |= quiet;
}

/* What the link is like may have got lost, too. */
static int look_at_all(struct monitor *m, struct objects *there)
{
	struct upkeep *u = &m->upkeep;
	struct link_info link;
	int r = host_link_index(m->host, m->ifindex, &link);

	u->blind |= r == -ENODEV;
	if (r < 0)
		return r;
	u->quiet |= look_at_link(u, &link);
	return host_look(m->host, m->ifindex, there);
}

static void look(struct monitor *m)
{
	struct upkeep *u = &m->upkeep;
	struct objects there = { 0 };
	uint64_t before = clock_now().mono, now;
	int r = look_at_all(m, &there);

	now = clock_now().mono;
	u->changed = true;
	u->look = false;
	u->looked_at = now;
	u->look_pause = look_pause + LOOK_SHARE * (now - before);
	if (r == 0)
		wanted_look(&u->wanted, &there, u->by, u->quiet, now);
	else
		want_look(u, now, false);
	u->quiet &= r < 0;
	*u->by = '\0';
	objects_fini(&there);
}

/*
 * What the hooks have taken away is not wanted, but what the link cannot have at the moment may
 * still be.
 */
static int let_go(struct monitor *m)
{
	struct objects list = { 0 }, there = { 0 };
	int r = host_look(m->host, m->ifindex, &there);

	if (r == 0)
		r = host_objects(m->host, &list);
	for (size_t i = 0; i < list.n && r == 0; i++) {
		if (wanted_is_dormant(&m->upkeep.wanted, &list.object[i]))
			r = objects_add(&there, &list.object[i]);
	}
	objects_sort(&there);
	if (r == 0)
		host_let_go(m->host, &there);
	objects_fini(&list);
	objects_fini(&there);
	return r;
}

static void log_blind(int error)
{
	log_warn(
		"cannot watch addresses, routes and rules (%s): what others remove is not put back",
		strerror(-error));
}

void upkeep_open(struct monitor *m)
{
	struct upkeep *u = &m->upkeep;
	struct link_info link;
	int r;

	if (!m->options.path || !m->ifindex)
		return;
	u->wanted.due = UINT64_MAX;
	r = notices_open(&u->notices);
	if (r == 0)
		r = host_link(m->host, m->options.name, &link);
	if (r == 0) {
		look_at_link(u, &link);
		r = let_go(m);
	}
	if (r == 0)
		r = adopt(m);
	if (r == 0)
		return;
	/* A hook may have moved it to another network namespace. */
	if (r != -ENODEV)
		log_blind(r);
	upkeep_close(m);
}

void upkeep_close(struct monitor *m)
{
	notices_close(&m->upkeep.notices);
	wanted_fini(&m->upkeep.wanted);
	m->upkeep = (struct upkeep){ 0 };
}

/* --- news --- */

static void see_link(struct monitor *m, const struct notice *n, uint64_t now)
{
	struct upkeep *u = &m->upkeep;

	if (n->link.ifindex != m->ifindex)
		return;
	/* Deleted, which is the end of the tunnel, or moved to where we do not see it. */
	if (n->gone) {
		u->blind = true;
		return;
	}
	if (look_at_link(u, &n->link))
		want_look(u, now, true);
}

/* One time for all that happens within a moment, so that it is one piece of work. */
static uint64_t soon(uint64_t now)
{
	return (now / gather + 2) * gather;
}

/*
 * With an IPv4 address of the link, also one that others have added, the kernel removes routes,
 * and says nothing about them.
 */
static void see_loss_of_address(struct upkeep *u, const char *by, uint64_t now)
{
	memcpy(u->by, by, sizeof(u->by));
	want_look(u, soon(now), false);
}

/* A rule may serve several tunnels, and one of them is enough to put it back. */
static uint64_t pause_for(const struct monitor *m, const struct object *o)
{
	return o->kind == OBJECT_RULE_MAIN ? gather * (m->ifindex % 8) : 0;
}

static void take_object(struct monitor *m, const struct object *o, enum present_news news,
			const char *by)
{
	struct upkeep *u = &m->upkeep;
	struct wanted_item *i = wanted_find(&u->wanted, o);
	uint64_t now = clock_now().mono;

	if (news == PRESENT_GONE && o->kind == OBJECT_ADDRESS && o->prefix.ip.family == AF_INET)
		see_loss_of_address(u, by, now);
	if (!i)
		return;
	if (news == PRESENT_THERE)
		wanted_back(i);
	else if (news == PRESENT_FREE)
		wanted_free(&u->wanted, i, soon(now));
	else
		wanted_gone(&u->wanted, i, by, now, soon(now) - now + pause_for(m, o));
	u->changed |= i->lapse && i->lapse->spent;
}

/* Many notices are of one program, which may end in a moment. */
static const char *name_of(struct upkeep *u, uint32_t port)
{
	if (port != u->port)
		culprit_name(u->name, port);
	u->port = port;
	return u->name;
}

static void take(const struct notice *n, void *ctx)
{
	struct object o[PRESENT_MOST];
	enum present_news news;
	struct monitor *m = ctx;
	const char *by = "";
	unsigned found;

	if (n->of == NOTICE_LINK) {
		see_link(m, n, clock_now().mono);
		return;
	}
	found = present_read(o, &news, m->ifindex, n);
	if (found && news != PRESENT_THERE)
		by = name_of(&m->upkeep, n->by);
	for (unsigned i = 0; i < found; i++)
		take_object(m, &o[i], news, by);
}

void upkeep_read(struct monitor *m)
{
	struct upkeep *u = &m->upkeep;
	int r;

	if (!u->notices.sock)
		return;
	u->port = 0;
	*u->name = '\0';
	r = notices_read(&u->notices, take, m);
	if (r == -ENOBUFS) {
		want_look(u, soon(clock_now().mono), false);
		r = 0;
	}
	if (r < 0)
		log_blind(r);
	if (r < 0 || u->blind)
		upkeep_close(m);
}

/* --- putting it back --- */

static void put_back(struct monitor *m, struct print *report)
{
	struct upkeep *u = &m->upkeep;
	uint64_t now = clock_now().mono;
	struct wanted_item *i;
	char what[DRIFT_WHAT];
	size_t at = 0, n = 0;

	u->changed = true;
	while ((i = wanted_next(&u->wanted, &at, now))) {
		int r = host_put_back(m->host, m->ifindex, &i->object);

		wanted_tried(&u->wanted, i, r, now);
		/* Is it ours that is there? */
		if (r == -EEXIST)
			want_look(u, now, false);
		if (r <= 0 || !report || n++ >= REPORTED)
			continue;
		object_print(what, &i->object);
		print_add(report, "put back: %s\n", what);
	}
	if (n > REPORTED)
		print_add(report, "put back: %zu more\n", n - REPORTED);
}

/* --- telling it --- */

/* One program may take away thousands, one after the other. */
static void log_news(struct upkeep *u, uint64_t now)
{
	if (!log_ratelimit(&u->lines, now, minute, ROUNDS, NULL)) {
		u->log_at = now + log_pause;
		return;
	}
	u->untold = false;
	driftlog_write(&u->wanted);
}

static void tell(struct monitor *m, uint64_t now)
{
	const struct message o = { .kind = MESSAGE_DRIFT };
	struct upkeep *u = &m->upkeep;
	struct drift drift;

	u->told_at = now;
	wanted_report(&u->wanted, &drift, now);
	/* One that does not listen now gets it later. */
	u->tell = m->worker.pid && message_send(m->worker.sock, &o, (const char *)&drift,
						sizeof(drift), NULL, 0) == -EAGAIN;
}

void upkeep_tell_again(struct monitor *m)
{
	m->upkeep.tell = m->upkeep.notices.sock;
}

/* --- the loop --- */

static void settle(struct upkeep *u)
{
	wanted_settle(&u->wanted, clock_now().mono);
	u->untold = wanted_has_news(&u->wanted);
	u->changed = false;
	u->tell = true;
}

static uint64_t next_time(const struct upkeep *u)
{
	uint64_t at = u->look && u->quiet ? UINT64_MAX : u->wanted.due;

	if (u->look && u->look_at < at)
		at = u->look_at;
	if (u->tell && u->told_at + tell_pause < at)
		at = u->told_at + tell_pause;
	if (u->untold && u->log_at < at)
		at = u->log_at;
	return at;
}

static int until(uint64_t at, uint64_t now, int ms)
{
	uint64_t left = at > now ? (at - now) / MILLI_NS + 1 : 0;

	if (at == UINT64_MAX || (ms >= 0 && left >= (uint64_t)ms))
		return ms;
	return left < INT_MAX ? (int)left : ms;
}

int upkeep_work(struct monitor *m, int ms)
{
	struct upkeep *u = &m->upkeep;
	uint64_t now = clock_now().mono;

	if (!may_work(m))
		return ms;
	if (u->look && u->look_at <= now)
		look(m);
	if (u->blind) {
		upkeep_close(m);
		return ms;
	}
	/* What went with the link is not to be taken for anything else. */
	if (!(u->look && u->quiet) && u->wanted.due <= now)
		put_back(m, NULL);
	if (u->changed)
		settle(u);
	if (u->untold && u->log_at <= now)
		log_news(u, now);
	if (u->tell && u->told_at + tell_pause <= now)
		tell(m, now);
	return until(next_time(u), now, ms);
}

void upkeep_reload(struct monitor *m, struct print *report)
{
	struct upkeep *u = &m->upkeep;
	int r;

	upkeep_read(m);
	if (!u->notices.sock)
		return;
	r = adopt(m);
	if (r < 0)
		log_warn("cannot compare with the host: %s", strerror(-r));
	look(m);
	if (u->blind) {
		upkeep_close(m);
		return;
	}
	wanted_forgive(&u->wanted, clock_now().mono);
	put_back(m, report);
	settle(u);
}
