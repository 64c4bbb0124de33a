/* SPDX-License-Identifier: ISC */
/* Which changes the kernel tells of, and which it keeps from us. */
#include <errno.h>
#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "io/tun.h"
#include "lab.h"
#include "netlink/ifaddr.h"
#include "netlink/notices.h"

enum { TABLE = 51820, SEEN = 256 };

static struct rtnl rtnl;
static struct notices notices;
static uint32_t tun, veth;
static int tun_fd;
static struct notice seen[SEEN];
static unsigned n_seen;

static struct prefix net(const char *text)
{
	struct prefix p = { 0 };

	assert_true(prefix_parse(&p, text, strlen(text)));
	return p;
}

static int set_up(void **state)
{
	char name[16] = "t0";

	(void)state;
	assert_int_equal(tun_create(name, true, &tun_fd), 0);
	lab_run("ip link add v0 type veth peer name v1 && ip link set v1 up && ip link set v0 up");
	lab_run("ip link set t0 up && ip addr add 192.0.2.1/24 dev v0");
	lab_run("ip addr add 2001:db8::1/64 dev v0 nodad");
	/* The kernel adds the route of an IPv6 address a moment later. */
	lab_run("for i in $(seq 500); do ip -6 route show table local | grep -q 2001:db8::1 && "
		"exit; sleep 0.01; done; exit 1");
	tun = if_nametoindex("t0");
	veth = if_nametoindex("v0");
	assert_int_equal(rtnl_open(&rtnl), 0);
	assert_int_equal(notices_open(&notices), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	notices_close(&notices);
	rtnl_close(&rtnl);
	close(tun_fd);
	lab_try("ip link del v0; ip route flush table 77; ip route flush table %d", TABLE);
	return 0;
}

static void see(const struct notice *n, void *ctx)
{
	(void)ctx;
	if (n_seen < SEEN)
		seen[n_seen++] = *n;
}

/* What came until now. */
static int look(void)
{
	int r = 0;

	n_seen = 0;
	for (unsigned before = 1; r == 0 && n_seen < SEEN && before != n_seen;) {
		before = n_seen;
		r = notices_read(&notices, see, NULL);
	}
	return r;
}

/* These are looked at, from here on. */
static void focus_on(const struct route_entry *route, unsigned n)
{
	const struct notices_focus focus = { .ifindex = tun, .route = route, .n = n };

	assert_int_equal(notices_focus(&notices, &focus), 0);
	look();
}

static const struct notice *only(enum notice_of of)
{
	assert_int_equal(look(), 0);
	for (unsigned i = 0; i < n_seen && n_seen != 1; i++)
		print_error("%d gone %d replaces %d: family %u, table %u, link %u, metric %u\n",
			    seen[i].of, seen[i].gone, seen[i].replaces, seen[i].route.dst.ip.family,
			    seen[i].route.table, seen[i].route.ifindex, seen[i].route.metric);
	assert_int_equal(n_seen, 1);
	assert_int_equal(seen[0].of, of);
	return &seen[0];
}

static void test_our_routes_are_told_and_who_removed_them(void **state)
{
	static const char *const text[] = { "10.6.0.0/16", "0.0.0.0/0", "fd06::/48", "::/0" };
	const struct notice *n;

	(void)state;
	focus_on(NULL, 0);
	for (unsigned i = 0; i < LEN(text); i++) {
		struct prefix p = net(text[i]);

		assert_int_equal(route_add(&rtnl, &p, tun, TABLE), 0);
		n = only(NOTICE_ROUTE);
		assert_false(n->gone || n->replaces);
		assert_true(prefix_equal(&n->route.dst, &p));
		assert_int_equal(n->route.table, TABLE);
		assert_int_equal(n->route.ifindex, tun);
		assert_int_equal(n->route.proto, ROUTE_PROTO);
		assert_true(n->route.plain);
		assert_int_equal(n->route.metric, p.ip.family == AF_INET6 ? ROUTE_METRIC_V6 : 0);
		assert_int_equal(route_del(&rtnl, &p, tun, TABLE), 0);
		n = only(NOTICE_ROUTE);
		assert_true(n->gone);
		assert_true(n->route.plain);
		assert_int_equal(n->by, rtnl.portid);
	}
}

static void test_rules_are_told(void **state)
{
	static const int family[] = { AF_INET, AF_INET6 };
	const struct notice *n;

	(void)state;
	focus_on(NULL, 0);
	for (unsigned i = 0; i < LEN(family); i++) {
		assert_int_equal(rule_add_not_mark(&rtnl, family[i], TABLE, TABLE), 0);
		assert_false(only(NOTICE_RULE)->gone);
		assert_int_equal(rule_add_suppress(&rtnl, family[i]), 0);
		assert_true(only(NOTICE_RULE)->rule.suppress);
		assert_int_equal(rule_del_not_mark(&rtnl, family[i], TABLE, TABLE), 0);
		n = only(NOTICE_RULE);
		assert_true(n->gone);
		assert_int_equal(n->rule.family, family[i]);
		assert_int_equal(n->rule.mark, TABLE);
		assert_int_equal(n->rule.table, TABLE);
		assert_int_equal(n->by, rtnl.portid);
		assert_int_equal(rule_del_suppress(&rtnl, family[i]), 0);
		n = only(NOTICE_RULE);
		assert_true(n->gone && n->rule.suppress);
	}
	/* Of a kind that we do not make. */
	lab_run("ip rule add from 10.0.0.0/8 lookup 77 && ip rule del from 10.0.0.0/8 lookup 77");
	assert_int_equal(look(), 0);
	assert_int_equal(n_seen, 0);
}

static void test_addresses_of_our_link_are_told_and_no_others(void **state)
{
	struct prefix p = net("10.3.0.1/24");
	const struct notice *n;

	(void)state;
	focus_on(NULL, 0);
	assert_int_equal(ifaddr_add(&rtnl, veth, &p), 0);
	assert_int_equal(ifaddr_del(&rtnl, veth, &p), 0);
	lab_run("ip link set v0 mtu 1400");
	assert_int_equal(look(), 0);
	assert_int_equal(n_seen, 0);
	assert_int_equal(ifaddr_add(&rtnl, tun, &p), 0);
	n = only(NOTICE_ADDRESS);
	assert_false(n->gone);
	assert_int_equal(n->address.ifindex, tun);
	assert_true(prefix_equal(&n->address.prefix, &p));
	assert_int_equal(ifaddr_del(&rtnl, tun, &p), 0);
	n = only(NOTICE_ADDRESS);
	assert_true(n->gone);
	assert_int_equal(n->by, rtnl.portid);
}

static void test_our_link_is_told(void **state)
{
	bool down = false;

	(void)state;
	focus_on(NULL, 0);
	assert_int_equal(link_set_up(&rtnl, tun, false), 0);
	assert_int_equal(look(), 0);
	assert_true(n_seen > 0);
	for (unsigned i = 0; i < n_seen; i++)
		down |= seen[i].of == NOTICE_LINK && !seen[i].link.up;
	assert_true(down);
}

/* One that leads nowhere belongs to no link; IPv6 puts it on lo. */
static void test_routes_of_ours_that_lead_nowhere_are_told(void **state)
{
	static const char *const family[] = { "-4", "-6" };
	const struct notice *n;

	(void)state;
	focus_on(NULL, 0);
	for (unsigned i = 0; i < LEN(family); i++) {
		lab_run("ip %s route add unreachable default table %d metric 77 proto 117",
			family[i], TABLE);
		n = only(NOTICE_ROUTE);
		assert_false(n->gone || n->route.plain);
		assert_true(n->route.unreachable);
		lab_run("ip %s route del unreachable default table %d metric 77", family[i], TABLE);
		n = only(NOTICE_ROUTE);
		assert_true(n->gone);
		assert_int_equal(n->route.metric, 77);
		assert_int_equal(n->route.table, TABLE);
		lab_run("ip %s route add unreachable default table %d metric 77; "
			"ip %s route del unreachable default table %d metric 77",
			family[i], TABLE, family[i], TABLE);
		assert_int_equal(look(), 0);
		assert_int_equal(n_seen, 0);
	}
}

/* A routing daemon may bring a million of them. */
static void test_routes_of_others_are_not_told(void **state)
{
	const struct route_entry ours = { .dst = net("10.6.0.0/16"), .table = ROUTE_TABLE_MAIN };

	(void)state;
	focus_on(&ours, 1);
	lab_run("for i in $(seq 0 255); do echo route add 10.6.$i.0/24 dev v0; "
		"echo route add 10.6.$i.0/24 dev t0 table 77; "
		"echo route add 2001:db8:6:$i::/64 dev v0; done | ip -batch -");
	lab_run("ip route add 10.7.0.0/16 dev v0; ip route replace 10.7.0.0/16 dev t0");
	/* Another tunnel: it has our number. */
	lab_run("for i in $(seq 0 255); do echo route add 10.8.$i.0/24 dev v0 proto 117; "
		"echo route add 2001:db8:8:$i::/64 dev v0 proto 117; done | ip -batch -");
	lab_run("ip route flush root 10.8.0.0/16; ip -6 route flush proto 117");
	lab_run("ip route add 10.6.0.0/16 dev v0 table 77; ip route del 10.6.0.0/16 table 77");
	lab_run("ip route add 10.6.0.0/16 dev v0 table 1077; ip route del 10.6.0.0/16 table 1077");
	lab_run("ip route flush root 10.6.0.0/16");
	assert_int_equal(look(), 0);
	assert_int_equal(n_seen, 0);
}

static void test_another_in_the_place_of_ours_is_told(void **state)
{
	const struct route_entry ours[] = {
		{ .dst = net("10.6.0.0/16"), .table = ROUTE_TABLE_MAIN },
		{ .dst = net("0.0.0.0/0"), .table = TABLE },
		{ .dst = net("fd06::/48"), .table = ROUTE_TABLE_MAIN },
	};
	static const char *const how[] = { "10.6.0.0/16 via 192.0.2.9",
					   "default via 192.0.2.9 dev v0 table 51820",
					   "fd06::/48 via 2001:db8::9" };
	const struct notice *n;

	(void)state;
	focus_on(ours, LEN(ours));
	for (unsigned i = 0; i < LEN(ours); i++) {
		const struct route_entry *e = &ours[i];
		const char *family = e->dst.ip.family == AF_INET6 ? "-6" : "-4";

		assert_int_equal(route_add(&rtnl, &e->dst, tun, e->table), 0);
		only(NOTICE_ROUTE);
		lab_run("ip %s route replace %s", family, how[i]);
		n = only(NOTICE_ROUTE);
		assert_true(n->replaces && n->route.plain && !n->gone);
		assert_int_equal(n->route.ifindex, veth);
		assert_int_not_equal(n->route.proto, ROUTE_PROTO);
		assert_int_not_equal(n->by, 0);
		/* What is there is not ours, and what is in the way is not taken away. */
		assert_int_equal(route_restore(&rtnl, &e->dst, tun, e->table), 0);
		lab_run("ip %s route del %s", family, how[i]);
		n = only(NOTICE_ROUTE);
		assert_true(n->gone);
		assert_int_equal(route_restore(&rtnl, &e->dst, tun, e->table), 1);
		only(NOTICE_ROUTE);
		/* With another metric it does not stand in the way. */
		lab_run("ip %s route add %s metric 77", family, how[i]);
		assert_int_equal(only(NOTICE_ROUTE)->route.metric, 77);
		assert_int_equal(route_del(&rtnl, &e->dst, tun, e->table), 0);
		only(NOTICE_ROUTE);
	}
}

static void test_as_many_as_there_is_room_for_are_in_focus(void **state)
{
	struct route_entry ours[NOTICES_ROUTES];

	(void)state;
	for (unsigned i = 0; i < LEN(ours); i++) {
		ours[i] = (struct route_entry){ .dst = net("10.6.0.0/24"), .table = TABLE };
		ours[i].dst.ip.bytes[2] = (uint8_t)i;
	}
	focus_on(ours, LEN(ours));
	lab_run("ip route add 10.6.0.0/24 dev v0 table %d", TABLE);
	only(NOTICE_ROUTE);
	lab_run("ip route add 10.6.%d.0/24 dev v0 table %d", NOTICES_ROUTES - 1, TABLE);
	only(NOTICE_ROUTE);
	lab_run("ip route add 10.6.%d.0/24 dev v0 table %d", NOTICES_ROUTES, TABLE);
	assert_int_equal(look(), 0);
	assert_int_equal(n_seen, 0);
}

static void test_what_is_lost_is_told(void **state)
{
	int tiny = 1;

	(void)state;
	focus_on(NULL, 0);
	assert_int_equal(setsockopt(notices.fd, SOL_SOCKET, SO_RCVBUF, &tiny, sizeof(tiny)), 0);
	for (unsigned i = 0; i < 60; i++)
		assert_int_equal(link_set_mtu(&rtnl, tun, 1300 + i), 0);
	assert_int_equal(look(), -ENOBUFS);
	assert_int_equal(look(), 0);
	assert_int_equal(link_set_mtu(&rtnl, tun, 1500), 0);
	assert_int_equal(only(NOTICE_LINK)->link.mtu, 1500);
}

struct listed {
	struct prefix dst;
	unsigned usual, others;
};

static void list(const struct route_entry *e, void *ctx)
{
	struct listed *l = ctx;

	assert_int_equal(e->table, TABLE);
	assert_int_equal(e->ifindex, tun);
	assert_true(prefix_equal(&e->dst, &l->dst));
	l->usual += e->metric != 7;
	l->others += e->metric == 7;
}

static void test_routes_of_a_link_are_listed(void **state)
{
	static const char *const text[] = { "10.6.0.0/16", "fd06::/48" };

	(void)state;
	for (unsigned i = 0; i < LEN(text); i++) {
		const char *family = i ? "-6" : "-4";
		struct prefix p = net(text[i]);
		struct listed l = { .dst = p };

		assert_int_equal(route_add(&rtnl, &p, tun, TABLE), 0);
		lab_run("ip %s route add %s dev t0 metric 7 table %d", family, text[i], TABLE);
		lab_run("ip %s route add %s dev v0 metric 9 table %d", family, text[i], TABLE);
		assert_int_equal(route_each(&rtnl, p.ip.family, TABLE, tun, list, &l), 0);
		assert_int_equal(l.usual, 1);
		assert_int_equal(l.others, 1);
		assert_int_equal(route_del(&rtnl, &p, tun, TABLE), 0);
		l = (struct listed){ .dst = p };
		assert_int_equal(route_each(&rtnl, p.ip.family, TABLE, tun, list, &l), 0);
		assert_int_equal(l.usual, 0);
		assert_int_equal(route_each(&rtnl, p.ip.family, 4711, tun, list, &l), 0);
		assert_int_equal(route_each(&rtnl, p.ip.family, TABLE, 4711, list, &l), 0);
		assert_int_equal(l.usual, 0);
		lab_run("ip %s route flush table %d", family, TABLE);
	}
}

int main(void)
{
#define EACH(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		EACH(test_our_routes_are_told_and_who_removed_them),
		EACH(test_rules_are_told),
		EACH(test_addresses_of_our_link_are_told_and_no_others),
		EACH(test_our_link_is_told),
		EACH(test_routes_of_ours_that_lead_nowhere_are_told),
		EACH(test_routes_of_others_are_not_told),
		EACH(test_another_in_the_place_of_ours_is_told),
		EACH(test_as_many_as_there_is_room_for_are_in_focus),
		EACH(test_what_is_lost_is_told),
		EACH(test_routes_of_a_link_are_listed),
	};

	lab_enter();
	lab_needs("/dev/net/tun");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
