/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <linux/close_range.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "daemon/mtu.h"
#include "host/hooks.h"
#include "host/host.h"
#include "host/network.h"
#include "lab.h"

static char directory[] = "/tmp/test-host-XXXXXX";
static struct host *host;
static struct link_info tun;
static int tun_fd;
static struct conf conf;
static struct network none, wanted;

static int set_up(void **state)
{
	char name[16] = "tut0";

	(void)state;
	assert_int_equal(host_open(&host), 0);
	assert_int_equal(host_tun(host, name, true, &tun_fd), 0);
	assert_int_equal(host_link(host, name, &tun), 0);
	assert_int_equal(host_link_up(host, tun.ifindex, true), 0);
	conf_init(&conf);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	network_fini(&wanted);
	conf_fini(&conf);
	host_close(host);
	close(tun_fd);
	return 0;
}

/* What ip tells must (not) match. */
static bool shows(const char *what, const char *pattern)
{
	return lab_try("ip %s | grep -qE -- '%s'", what, pattern) == 0;
}

static struct prefix net_of(const char *text)
{
	struct prefix p;

	assert_true(prefix_parse(&p, text, strlen(text)));
	return p;
}

static void want(const char *address, const char *const *allowed, size_t n, uint32_t table)
{
	struct conf_peer *p;

	conf_fini(&conf);
	conf_init(&conf);
	conf.address = calloc(1, sizeof(*conf.address));
	conf.address[0] = net_of(address);
	conf.n_address = 1;
	p = conf_add_peer(&conf);
	assert_non_null(p);
	for (size_t i = 0; i < n; i++) {
		struct prefix prefix = net_of(allowed[i]);

		assert_true(conf_peer_allow(p, &prefix, false));
	}
	if (table) {
		conf.table_kind = TABLE_NUMBER;
		conf.table = table;
	}
}

static int change_to(struct network *from)
{
	char what[128];
	int r;

	memset(&wanted, 0, sizeof(wanted));
	assert_int_equal(network_want(&wanted, &conf, 51820), 0);
	r = network_add_addresses(host, tun.ifindex, from, &wanted, what);
	if (r < 0)
		return r;
	r = network_add_routes(host, tun.ifindex, from, &wanted, what);
	if (r < 0) {
		network_del_addresses(host, tun.ifindex, &wanted, from);
		return r;
	}
	network_del_routes(host, tun.ifindex, from, &wanted);
	network_del_addresses(host, tun.ifindex, from, &wanted);
	return 0;
}

static void test_addresses_and_routes_come_and_go(void **state)
{
	static const char *const allowed[] = { "10.1.0.0/16", "fd01::/64", "10.9.0.5/32" };

	(void)state;
	want("10.9.0.1/24", allowed, 3, 0);
	assert_int_equal(change_to(&none), 0);
	assert_true(shows("addr show dev tut0", "inet 10.9.0.1/24"));
	assert_true(shows("route show", "^10.1.0.0/16 dev tut0"));
	assert_true(shows("-6 route show", "^fd01::/64 dev tut0"));
	/* The address has made a route for its network already. */
	assert_false(shows("route show", "^10.9.0.5"));
	host_undo(host);
	assert_false(shows("addr show dev tut0", "inet 10.9.0.1"));
	assert_false(shows("route show", "10.1.0.0/16"));
	assert_false(shows("-6 route show", "fd01::"));
}

static void test_table_number_takes_all_routes_and_no_rules(void **state)
{
	static const char *const allowed[] = { "0.0.0.0/0" };

	(void)state;
	want("10.9.0.1/24", allowed, 1, 77);
	assert_false(network_diverts(&conf));
	assert_int_equal(change_to(&none), 0);
	assert_true(shows("route show table 77", "^default dev tut0"));
	assert_false(shows("rule show", "51820|suppress"));
}

static void test_table_off_makes_no_route(void **state)
{
	static const char *const allowed[] = { "0.0.0.0/0", "10.1.0.0/16" };

	(void)state;
	want("10.9.0.1/24", allowed, 2, 0);
	conf.table_kind = TABLE_OFF;
	assert_false(network_diverts(&conf));
	assert_int_equal(change_to(&none), 0);
	assert_false(shows("route show", "10.1.0.0/16"));
	assert_false(shows("rule show", "51820|suppress"));
	assert_true(shows("addr show dev tut0", "inet 10.9.0.1/24"));
}

/* In one family at least half of the addresses in use. */
static void test_most_of_the_internet_is_as_good_as_all(void **state)
{
	static const char *const all[][12] = {
		{ "0.0.0.0/0" },
		{ "::/0" },
		{ "0.0.0.0/1", "128.0.0.0/1" },
		{ "10.9.0.0/24", "::/1", "8000::/1" },
		{ "2000::/3" },
		{ "2000::/5", "2800::/5" },
		/* All but 10.0.0.0/8 and what is not in use, some of it twice. */
		{ "0.0.0.0/5", "8.0.0.0/7", "11.0.0.0/8", "12.0.0.0/6", "16.0.0.0/4", "32.0.0.0/3",
		  "64.0.0.0/2", "128.0.0.0/2", "128.0.0.0/2" },
	};
	static const char *const some[][5] = {
		{ "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fe80::/10" },
		{ "64.0.0.0/2", "64.0.0.0/3", "96.0.0.0/3", "64.0.0.0/8" },
		{ "2000::/5", "2000::/6", "2001:db8::/32" },
		{ "0.0.0.0/32", "::/128" },
	};
	size_t n;

	(void)state;
	for (size_t i = 0; i < LEN(all); i++) {
		for (n = 0; n < LEN(all[i]) && all[i][n]; n++)
			;
		want("10.9.0.1/24", all[i], n, 0);
		assert_true(network_takes_all(&conf));
		conf.table_kind = TABLE_OFF;
		assert_false(network_takes_all(&conf));
	}
	for (size_t i = 0; i < LEN(some); i++) {
		for (n = 0; n < LEN(some[i]) && some[i][n]; n++)
			;
		want("10.9.0.1/24", some[i], n, 0);
		assert_false(network_takes_all(&conf));
	}
}

static void test_default_route_is_diverted_by_rule_and_taken_back(void **state)
{
	static const char *const allowed[] = { "0.0.0.0/0", "::/0" };

	(void)state;
	want("10.9.0.1/24", allowed, 2, 0);
	assert_true(network_diverts(&conf));
	assert_int_equal(change_to(&none), 0);
	assert_true(shows("route show table 51820", "^default dev tut0"));
	assert_true(shows("-6 route show table 51820", "^default dev tut0"));
	assert_true(shows("route show table 51820", "^unreachable default proto 117 metric 42"));
	assert_true(shows("-6 route show table 51820", "^unreachable default .*metric 42"));
	assert_true(shows("rule show", "not from all fwmark 0xca6c lookup 51820"));
	assert_true(shows("-6 rule show", "not from all fwmark 0xca6c lookup 51820"));
	assert_true(shows("rule show", "lookup main suppress_prefixlength 0"));
	assert_int_equal(lab_try("grep -q 1 /proc/sys/net/ipv4/conf/all/src_valid_mark"), 0);
	host_undo(host);
	assert_false(shows("rule show", "51820|suppress"));
	assert_false(shows("-6 rule show", "51820|suppress"));
	assert_false(shows("route show table 51820 2>&1", "default"));
}

static bool is_unreachable(const char *option, const char *far)
{
	return lab_try("ip %s route get %s 2>&1 | grep -qiE 'unreach|no route'", option, far) == 0;
}

/* As after kill -9: the device is gone, and nobody undoes anything. */
static void die(void)
{
	host_stay_closed(host, true);
	host_undo(host);
	host_stay_closed(host, false);
	lab_run("ip link del tut0");
}

static void test_killed_tunnel_leaves_the_host_closed(void **state)
{
	static const char *const allowed[] = { "0.0.0.0/0", "::/0" };
	struct host_swept swept = { 0 };
	uint32_t table = 0;

	(void)state;
	host_name(host, "wg7");
	lab_run("ip link add v0 type veth peer name v1 && ip link set v1 up && ip link set v0 up && "
		"ip addr add 10.4.0.1/24 dev v0 && ip route add default via 10.4.0.2 && "
		"ip route add ::/0 dev v0");
	assert_false(is_unreachable("-4", "198.51.100.1"));
	want("10.9.0.1/24", allowed, 2, 0);
	assert_int_equal(change_to(&none), 0);
	assert_int_equal(lab_try("ip route get 198.51.100.1 | grep -q 'dev tut0'"), 0);
	/* What is in use is not swept. */
	assert_int_equal(host_reopen(host, &swept), 0);
	assert_false(swept.closed);
	die();
	assert_true(is_unreachable("-4", "198.51.100.1"));
	assert_true(is_unreachable("-6", "2001:db8::7"));
	assert_int_equal(lab_try("ip route get 10.4.0.7 | grep -q 'dev v0'"), 0);
	assert_int_equal(lab_try("ip route get 198.51.100.1 mark 51820 | grep -q 'dev v0'"), 0);
	/* Another tunnel has nothing to do with it. */
	host_name(host, "wg8");
	assert_int_equal(host_closed(host, &table), 0);
	assert_int_equal(host_reopen(host, &swept), 0);
	assert_int_equal(host_sweep(host, NULL, &swept), 0);
	assert_false(swept.closed || swept.rules);
	assert_true(is_unreachable("-4", "198.51.100.1"));
	host_name(host, "wg7");
	assert_int_equal(host_closed(host, &table), 1);
	assert_int_equal(table, 51820);
	assert_int_equal(host_reopen(host, &swept), 0);
	assert_true(swept.closed);
	assert_int_equal(swept.rules, 4);
	assert_int_equal(host_closed(host, &table), 0);
	assert_false(is_unreachable("-4", "198.51.100.1"));
	assert_false(shows("rule show", "51820|suppress"));
	assert_false(shows("-6 rule show", "51820|suppress"));
	assert_false(shows("route show table all", "51820"));
	assert_false(shows("-6 route show table all", "51820"));
	lab_run("ip link del v0");
}

/* The route without its rule closes nothing, but is swept. */
static void test_half_of_a_closed_host_is_none(void **state)
{
	struct host_swept swept = { 0 };
	uint32_t table = 0;

	(void)state;
	host_name(host, "wg7");
	assert_int_equal(host_default_route(host, true, tun.ifindex, AF_INET, 51820), 0);
	die();
	lab_run("ip rule del not fwmark 51820 table 51820");
	assert_int_equal(host_closed(host, &table), 0);
	assert_int_equal(host_reopen(host, &swept), 0);
	assert_true(swept.closed);
	assert_int_equal(swept.rules, 1);
	assert_false(shows("route show table all", "51820"));
	assert_false(shows("rule show", "suppress"));
}

/* One that died between the two; that of somebody else may be alone. */
static void test_rule_that_serves_no_tunnel_is_swept(void **state)
{
	struct host_swept swept;

	(void)state;
	lab_run("ip rule add table main suppress_prefixlength 0 protocol 117");
	assert_int_equal(host_sweep(host, NULL, &swept), 0);
	assert_int_equal(swept.rules, 1);
	assert_false(shows("rule show", "suppress"));
	lab_run("ip rule add table main suppress_prefixlength 0 protocol static");
	assert_int_equal(host_sweep(host, NULL, &swept), 0);
	assert_int_equal(swept.rules, 0);
	assert_true(shows("rule show", "suppress"));
	lab_run("ip rule del table main suppress_prefixlength 0");
}

static void test_guard_comes_and_goes_with_a_default_route(void **state)
{
	static const char *const all[] = { "0.0.0.0/0" }, *const some[] = { "10.1.0.0/16" };
	struct network from;

	(void)state;
	if (lab_try("nft list ruleset >/dev/null 2>&1") != 0)
		skip();
	host_name(host, "tut0");
	/* On another device, too: to guard it would cut that off. */
	lab_run("ip addr add 10.9.0.7/32 dev lo");
	want("10.9.0.1/24", all, 1, 0);
	assert_int_equal(change_to(&none), 0);
	assert_int_equal(host_unguarded(host), 0);
	assert_int_equal(lab_try("nft list table inet taut-tut0 | grep -q 'elements.*10.9.0.1 '"),
			 0);
	from = wanted;
	want("10.9.0.7/24", all, 1, 0);
	assert_int_equal(change_to(&from), 0);
	assert_int_equal(lab_try("nft list table inet taut-tut0 | grep -q 0x0000ca6c"), 0);
	assert_int_not_equal(lab_try("nft list table inet taut-tut0 | grep -q 10.9.0"), 0);
	network_fini(&from);
	from = wanted;
	want("10.9.0.1/24", some, 1, 0);
	assert_int_equal(change_to(&from), 0);
	assert_int_not_equal(lab_try("nft list table inet taut-tut0 2>/dev/null"), 0);
	network_fini(&from);
	lab_run("ip addr del 10.9.0.7/32 dev lo");
}

static void test_rule_that_two_tunnels_share_goes_with_the_last(void **state)
{
	(void)state;
	assert_int_equal(host_default_route(host, true, tun.ifindex, AF_INET, 51820), 0);
	assert_int_equal(host_default_route(host, true, tun.ifindex, AF_INET, 51821), 0);
	assert_int_equal(host_default_route(host, false, tun.ifindex, AF_INET, 51820), 0);
	assert_true(shows("rule show", "suppress_prefixlength 0"));
	assert_int_equal(host_default_route(host, false, tun.ifindex, AF_INET, 51821), 0);
	assert_false(shows("rule show", "suppress_prefixlength 0"));
}

static void test_free_table_is_the_first_that_is_empty(void **state)
{
	uint32_t table = 0;

	(void)state;
	lab_run("ip route add unreachable 10.5.0.0/16 table 51820");
	lab_run("ip -6 route add unreachable fd05::/64 table 51821");
	assert_int_equal(host_free_table(host, &table), 0);
	assert_int_equal(table, 51822);
	lab_run("ip route flush table 51820; ip -6 route flush table 51821");
}

static void test_change_touches_only_what_differs(void **state)
{
	static const char *const before[] = { "10.1.0.0/16", "10.2.0.0/16" };
	static const char *const after[] = { "10.1.0.0/16", "10.3.0.0/16" };
	struct network from;

	(void)state;
	want("10.9.0.1/24", before, 2, 0);
	assert_int_equal(change_to(&none), 0);
	from = wanted;
	/* A mark that only the same route would still carry. */
	lab_run("ip route replace 10.1.0.0/16 dev tut0 mtu 1333");
	want("10.9.0.2/24", after, 2, 0);
	assert_int_equal(change_to(&from), 0);
	assert_true(shows("route show", "10.1.0.0/16.*mtu 1333"));
	assert_true(shows("route show", "10.3.0.0/16"));
	assert_false(shows("route show", "10.2.0.0/16"));
	assert_true(shows("addr show dev tut0", "inet 10.9.0.2/24"));
	assert_false(shows("addr show dev tut0", "inet 10.9.0.1/24"));
	network_fini(&from);
}

static void test_link_that_was_down_gets_back_what_it_lost(void **state)
{
	static const char *const allowed[] = { "10.1.0.0/16", "0.0.0.0/0" };

	(void)state;
	want("fd09::1/64", allowed, 2, 0);
	assert_int_equal(change_to(&none), 0);
	lab_run("ip link set tut0 down; ip link set tut0 up");
	assert_false(shows("route show", "10.1.0.0/16"));
	host_redo(host, tun.ifindex);
	assert_true(shows("route show", "^10.1.0.0/16 dev tut0"));
	assert_true(shows("route show table 51820", "^default dev tut0"));
	assert_true(shows("-6 addr show dev tut0", "inet6 fd09::1/64"));
	assert_int_equal(lab_try("test $(ip rule show | grep -c 51820) = 1"), 0);
	host_undo(host);
	assert_false(shows("rule show", "51820|suppress"));
}

static bool is_there(const struct object *o)
{
	struct objects there = { 0 };
	bool has;

	assert_int_equal(host_look(host, tun.ifindex, &there), 0);
	has = objects_has(&there, o);
	objects_fini(&there);
	return has;
}

/* What ip(8) removes, and what is to be back then; none of it is ours any more at the end. */
static void test_each_object_that_others_remove_can_be_put_back(void **state)
{
	static const char *const allowed[] = { "10.1.0.0/16", "fd01::/64", "0.0.0.0/0", "::/0" };
	static const char *const removes[] = {
		"ip addr del 10.9.0.1/24 dev tut0",
		"ip route del 10.9.0.0/24 dev tut0",
		"ip route del 10.1.0.0/16",
		"ip route del default table 51820",
		"ip route del unreachable default table 51820",
		"ip -6 route del fd01::/64",
		"ip -6 route del default dev tut0 table 51820",
		"ip -6 route del default dev lo table 51820",
		"ip rule del lookup main suppress_prefixlength 0",
		"ip -6 rule del lookup main suppress_prefixlength 0",
		"ip rule del not fwmark 51820 lookup 51820",
		"ip -6 rule del not fwmark 51820 lookup 51820",
		"echo 0 >/proc/sys/net/ipv4/conf/all/src_valid_mark",
	};
	struct objects list = { 0 };

	(void)state;
	want("10.9.0.1/24", allowed, 4, 0);
	assert_int_equal(change_to(&none), 0);
	assert_int_equal(host_objects(host, &list), 0);
	assert_int_equal(list.n, LEN(removes));
	for (size_t i = 0; i < list.n; i++) {
		assert_true(is_there(&list.object[i]));
		assert_true(host_put_back(host, tun.ifindex, &list.object[i]) <= 0);
	}
	for (size_t i = 0; i < LEN(removes); i++) {
		size_t missing = 0;

		lab_run("%s", removes[i]);
		for (size_t k = 0; k < list.n; k++) {
			if (is_there(&list.object[k]))
				continue;
			assert_int_equal(host_put_back(host, tun.ifindex, &list.object[k]), 1);
			assert_true(is_there(&list.object[k]));
			missing++;
		}
		/* The last IPv4 address takes IPv4 routes along. */
		assert_int_equal(missing, i == 0 ? 3 : 1);
	}
	host_undo(host);
	assert_false(shows("rule show", "51820|suppress"));
	assert_false(shows("-6 rule show", "51820|suppress"));
	assert_false(shows("route show", "10.1.0.0/16"));
	objects_fini(&list);
}

static void test_what_was_let_go_stays_away_but_is_removed_at_the_end(void **state)
{
	static const char *const allowed[] = { "10.1.0.0/16", "10.2.0.0/16", "0.0.0.0/0" };
	struct objects there = { 0 }, list = { 0 };

	(void)state;
	want("10.9.0.1/24", allowed, 3, 0);
	assert_int_equal(change_to(&none), 0);
	lab_run("ip route del 10.1.0.0/16 && ip rule del lookup main suppress_prefixlength 0");
	assert_int_equal(host_look(host, tun.ifindex, &there), 0);
	host_let_go(host, &there);
	assert_int_equal(host_objects(host, &list), 0);
	assert_int_equal(list.n, 7);
	lab_run("ip route del 10.2.0.0/16");
	host_redo(host, tun.ifindex);
	assert_true(shows("route show", "^10.2.0.0/16 dev tut0"));
	assert_false(shows("route show", "^10.1.0.0/16"));
	assert_false(shows("rule show", "suppress"));
	/* Somebody has added it again, under our number. */
	lab_run("ip route add 10.1.0.0/16 dev tut0 proto 117 scope link");
	host_undo(host);
	assert_false(shows("route show", "10.1.0.0/16"));
	assert_false(shows("rule show", "51820"));
	objects_fini(&there);
	objects_fini(&list);
}

static void test_another_in_the_place_of_ours_is_not_taken_for_it(void **state)
{
	const struct object ours = { .kind = OBJECT_ROUTE,
				     .prefix = net_of("10.1.0.0/16"),
				     .table = ROUTE_TABLE_MAIN };

	(void)state;
	assert_int_equal(host_route(host, true, tun.ifindex, &ours.prefix, 0), 0);
	lab_run("ip link set lo up; ip route replace 10.1.0.0/16 dev lo");
	assert_false(is_there(&ours));
	assert_int_equal(host_put_back(host, tun.ifindex, &ours), -EEXIST);
	assert_true(shows("route show", "^10.1.0.0/16 dev lo"));
	lab_run("ip route replace 10.1.0.0/16 dev tut0 mtu 1333");
	assert_true(is_there(&ours));
	lab_run("ip route del 10.1.0.0/16");
}

static void test_failed_change_leaves_all_as_it_was(void **state)
{
	static const char *const before[] = { "10.1.0.0/16" };
	static const char *const after[] = { "10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16" };
	struct network from;

	(void)state;
	want("10.9.0.1/24", before, 1, 0);
	assert_int_equal(change_to(&none), 0);
	from = wanted;
	lab_run("ip link set lo up; ip route add 10.3.0.0/16 dev lo");
	want("10.9.0.1/24", after, 3, 0);
	assert_true(change_to(&from) < 0);
	assert_true(shows("route show", "^10.1.0.0/16 dev tut0"));
	assert_false(shows("route show", "10.2.0.0/16"));
	assert_true(shows("route show", "^10.3.0.0/16 dev lo"));
	lab_run("ip route del 10.3.0.0/16 dev lo");
	network_fini(&from);
}

static void test_sockets_share_a_port_that_nobody_else_gets(void **state)
{
	uint16_t bound = 0, again = 0;
	int fd[HOST_SOCKETS], second[HOST_SOCKETS];

	(void)state;
	assert_int_equal(host_udp(host, 0, 7, fd, &bound), 0);
	assert_true(bound > 0);
	assert_int_equal(host_udp(host, bound, 0, second, &again), -EADDRINUSE);
	assert_int_equal(host_mark(host, fd, 8), 0);
	for (int i = HOST_SOCKETS - 1; i >= 0; i--) {
		uint32_t mark = 0;
		socklen_t len = sizeof(mark);

		assert_true(fd[i] >= 0);
		assert_int_equal(getsockopt(fd[i], SOL_SOCKET, SO_MARK, &mark, &len), 0);
		assert_int_equal(mark, 8);
		close(fd[i]);
	}
}

static void test_mtu_leaves_room_for_headers_within_bounds(void **state)
{
	(void)state;
	assert_int_equal(mtu_inside(1500), 1420);
	assert_int_equal(mtu_inside(1492), 1412);
	assert_int_equal(mtu_inside(65536), 65456);
	assert_int_equal(mtu_inside(1280), 1280);
	assert_int_equal(mtu_inside(576), 1280);
	assert_int_equal(mtu_inside(UINT32_MAX), 65456);
}

static void write_file(const char *path, unsigned mode)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fclose(f);
	assert_int_equal(chmod(path, mode), 0);
}

/* Run a hook and wait for it. */
static int hook(const char *command)
{
	int fd, r = host_hook_start(host, "wg7", command, &fd);

	return r < 0 ? r : host_hook_end(host);
}

static void test_hook_gets_the_name_of_the_interface(void **state)
{
	char command[128], path[64];

	(void)state;
	snprintf(path, sizeof(path), "%s/hook", directory);
	snprintf(command, sizeof(command), "echo %%i-%%i > %s", path);
	assert_int_equal(hook(command), 0);
	assert_int_equal(lab_try("grep -qx wg7-wg7 %s", path), 0);
	assert_int_equal(hook("exit 3"), 3);
	assert_int_equal(hook("kill -9 $$"), 128 + 9);
	assert_int_equal(hook("no-such-program-anywhere 2>/dev/null"), 127);
}

static void test_hook_inherits_no_descriptor(void **state)
{
	(void)state;
	/* The shell itself, and the directory that ls has open. */
	assert_int_equal(hook("test \"$(ls /proc/self/fd | wc -l)\" -le 4"), 0);
}

static void test_hook_that_is_stopped_takes_its_children_along(void **state)
{
	struct pollfd poller = { .events = POLLIN };

	(void)state;
	assert_int_equal(host_hook_start(host, "wg7", "sleep 60; true", &poller.fd), 0);
	assert_int_equal(poll(&poller, 1, 100), 0);
	host_hook_stop(host, false);
	assert_int_equal(poll(&poller, 1, 5000), 1);
	assert_int_equal(host_hook_end(host), 128 + 15);
}

static void test_only_files_that_root_alone_writes_are_trusted(void **state)
{
	char path[64], link[64], why[HOOKS_WHY];

	(void)state;
	snprintf(path, sizeof(path), "%s/a.conf", directory);
	snprintf(link, sizeof(link), "/tmp/test-host-link-%d", (int)getpid());
	write_file(path, 0600);
	assert_true(hooks_trusted(path, why));
	assert_int_equal(chmod(path, 0620), 0);
	assert_false(hooks_trusted(path, why));
	assert_int_equal(chmod(path, 0602), 0);
	assert_false(hooks_trusted(path, why));
	assert_int_equal(chmod(path, 0644), 0);
	assert_true(hooks_trusted(path, why));
	assert_int_equal(chmod(directory, 0777), 0);
	assert_false(hooks_trusted(path, why));
	assert_int_equal(chmod(directory, 0755), 0);
	assert_true(hooks_trusted(path, why));
	assert_false(hooks_trusted("/nonexistent/x.conf", why));
	/* A link is as good as the file that it leads to. */
	assert_int_equal(chmod(path, 0666), 0);
	assert_int_equal(symlink(path, link), 0);
	assert_false(hooks_trusted(link, why));
	unlink(link);
}

static void test_file_of_another_user_is_not_trusted(void **state)
{
	char path[64], why[HOOKS_WHY];

	(void)state;
	snprintf(path, sizeof(path), "%s/b.conf", directory);
	write_file(path, 0600);
	if (chown(path, 1, 0) < 0)
		skip(); /* root of a user namespace with one user */
	assert_false(hooks_trusted(path, why));
	assert_non_null(strstr(why, "chown"));
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		EACH(test_addresses_and_routes_come_and_go),
		EACH(test_table_number_takes_all_routes_and_no_rules),
		EACH(test_table_off_makes_no_route),
		EACH(test_most_of_the_internet_is_as_good_as_all),
		EACH(test_default_route_is_diverted_by_rule_and_taken_back),
		EACH(test_killed_tunnel_leaves_the_host_closed),
		EACH(test_half_of_a_closed_host_is_none),
		EACH(test_rule_that_serves_no_tunnel_is_swept),
		EACH(test_guard_comes_and_goes_with_a_default_route),
		EACH(test_rule_that_two_tunnels_share_goes_with_the_last),
		EACH(test_free_table_is_the_first_that_is_empty),
		EACH(test_change_touches_only_what_differs),
		EACH(test_link_that_was_down_gets_back_what_it_lost),
		EACH(test_each_object_that_others_remove_can_be_put_back),
		EACH(test_what_was_let_go_stays_away_but_is_removed_at_the_end),
		EACH(test_another_in_the_place_of_ours_is_not_taken_for_it),
		EACH(test_failed_change_leaves_all_as_it_was),
		EACH(test_sockets_share_a_port_that_nobody_else_gets),
		EACH(test_mtu_leaves_room_for_headers_within_bounds),
		EACH(test_hook_gets_the_name_of_the_interface),
		EACH(test_hook_inherits_no_descriptor),
		EACH(test_hook_that_is_stopped_takes_its_children_along),
		EACH(test_only_files_that_root_alone_writes_are_trusted),
		EACH(test_file_of_another_user_is_not_trusted),
	};
	int failed;

	lab_enter();
	lab_needs("/dev/net/tun");
	/* Descriptors that this test inherited must not count in the checks of hooks. */
	if (close_range(3, ~0u, CLOSE_RANGE_CLOEXEC) < 0)
		return 1;
	if (!mkdtemp(directory))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	lab_try("rm -rf %s", directory);
	return failed;
}
