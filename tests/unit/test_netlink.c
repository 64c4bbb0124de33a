/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
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
#include "base/ip.h"
#include "base/prefix.h"
#include "io/tun.h"
#include "lab.h"
#include "netlink/block.h"
#include "netlink/guard.h"
#include "netlink/ifaddr.h"
#include "netlink/link.h"
#include "netlink/netconf.h"
#include "netlink/route.h"
#include "netlink/rtnl.h"
#include "netlink/uplink.h"
#include "netlink/watch.h"

enum { TABLE = 51820, MARK = 0xca6c };

/* A TUN device that is down, and a veth pair that is up, with a way to the world. */
struct rig {
	struct rtnl rtnl;
	struct dev dev;
	struct offloads offloads;
	uint32_t tun, veth;
};

static int set_up(void **state)
{
	static struct rig rig;
	char name[DEV_NAME_MAX] = "t0";
	int fd;

	assert_int_equal(tun_create(name, true, &fd), 0);
	assert_int_equal(dev_tun_open(&rig.dev, fd, &rig.offloads), 0);
	lab_run("ip link add v0 type veth peer name v1 && ip link set v1 up && ip link set v0 up");
	lab_run("ip addr add 192.0.2.1/24 dev v0 && ip addr add 2001:db8::1/64 dev v0 nodad");
	/* The kernel adds the route of an IPv6 address a moment later. */
	lab_run("for i in $(seq 500); do ip -6 route show table local | grep -q 2001:db8::1 && "
		"exit; sleep 0.01; done; exit 1");
	rig.tun = if_nametoindex("t0");
	rig.veth = if_nametoindex("v0");
	assert_int_equal(rtnl_open(&rig.rtnl), 0);
	*state = &rig;
	return 0;
}

static int tear_down(void **state)
{
	struct rig *rig = *state;

	rtnl_close(&rig->rtnl);
	dev_close(&rig->dev);
	lab_try("ip link del v0 2>/dev/null");
	return 0;
}

static struct prefix net(const char *text)
{
	struct prefix p = { 0 };

	assert_true(prefix_parse(&p, text, strlen(text)));
	return p;
}

/* Whether a line of what ip(8) shows holds this text. */
static bool shows(const char *what, const char *line)
{
	return lab_try("ip %s 2>/dev/null | grep -qE -e '%s'", what, line) == 0;
}

static void test_link_is_found_by_name_and_index(void **state)
{
	struct rig *rig = *state;
	struct link_info by_name, by_index;

	assert_int_equal(link_get(&rig->rtnl, "t0", &by_name), 0);
	assert_int_equal(by_name.ifindex, rig->tun);
	assert_int_equal(by_name.mtu, 1500);
	assert_false(by_name.up);
	assert_string_equal(by_name.name, "t0");
	assert_string_equal(by_name.kind, "tun");
	assert_int_equal(link_get_index(&rig->rtnl, rig->veth, &by_index), 0);
	assert_string_equal(by_index.name, "v0");
	assert_string_equal(by_index.kind, "veth");
	assert_true(by_index.up);
	assert_int_equal(link_get(&rig->rtnl, "lo", &by_name), 0);
	assert_string_equal(by_name.kind, "");
}

static void test_missing_link_is_enodev(void **state)
{
	struct rig *rig = *state;
	struct link_info info = { .mtu = 7 };

	assert_int_equal(link_get(&rig->rtnl, "absent", &info), -ENODEV);
	assert_int_equal(link_get(&rig->rtnl, "", &info), -ENODEV);
	assert_int_equal(link_get(&rig->rtnl, "a-name-too-long-for-any", &info), -ENODEV);
	assert_int_equal(link_get_index(&rig->rtnl, 4711, &info), -ENODEV);
	assert_int_equal(link_get_index(&rig->rtnl, 0, &info), -ENODEV);
	assert_int_equal(link_set_up(&rig->rtnl, 4711, true), -ENODEV);
	assert_int_equal(link_set_mtu(&rig->rtnl, 0, 1400), -ENODEV);
	assert_int_equal(info.mtu, 7);
	/* And the socket is still in step. */
	assert_int_equal(link_get(&rig->rtnl, "t0", &info), 0);
}

static void test_link_goes_up_and_down(void **state)
{
	struct rig *rig = *state;
	struct link_info info;

	for (int up = 1; up >= 0; up--) {
		assert_int_equal(link_set_up(&rig->rtnl, rig->tun, up), 0);
		assert_int_equal(link_set_up(&rig->rtnl, rig->tun, up), 0);
		assert_int_equal(link_get(&rig->rtnl, "t0", &info), 0);
		assert_int_equal(info.up, up);
		assert_int_equal(shows("link show up", "t0"), up);
	}
}

static void test_mtu_is_set_within_bounds(void **state)
{
	struct rig *rig = *state;
	struct link_info info;

	assert_int_equal(link_set_mtu(&rig->rtnl, rig->tun, 1420), 0);
	assert_int_equal(link_get(&rig->rtnl, "t0", &info), 0);
	assert_int_equal(info.mtu, 1420);
	assert_true(shows("link show t0", "mtu 1420"));
	assert_int_equal(link_set_mtu(&rig->rtnl, rig->tun, 20), -EINVAL);
	assert_int_equal(link_set_mtu(&rig->rtnl, rig->tun, 70000), -EINVAL);
	assert_true(shows("link show t0", "mtu 1420"));
}

static void test_addresses_are_added_once_and_removed_once(void **state)
{
	static const char *const text[] = { "10.3.0.1/24", "10.4.0.1/32", "fd03::1/64",
					    "fd04::1/128" };
	struct rig *rig = *state;

	for (unsigned i = 0; i < LEN(text); i++) {
		struct prefix p = net(text[i]);
		char line[64];

		/* iproute2 leaves the length out if it is whole. */
		snprintf(line, sizeof(line), "inet6? %.*s(/| ).*scope global",
			 (int)strcspn(text[i], "/"), text[i]);
		assert_int_equal(ifaddr_add(&rig->rtnl, rig->tun, &p), 0);
		assert_int_equal(ifaddr_add(&rig->rtnl, rig->tun, &p), 0);
		assert_true(shows("addr show dev t0", line));
		assert_false(shows("addr show dev t0", " peer "));
		assert_false(shows("addr show dev v0", line));
		assert_int_equal(ifaddr_del(&rig->rtnl, rig->tun, &p), 0);
		assert_false(shows("addr show dev t0", line));
		assert_int_equal(ifaddr_del(&rig->rtnl, rig->tun, &p), 0);
	}
}

static void test_v6_address_can_be_used_at_once(void **state)
{
	struct rig *rig = *state;
	struct prefix p = net("fd05::1/64");

	/* A link that would detect duplicates. */
	lab_write("/proc/sys/net/ipv6/conf/v0/accept_dad", "1");
	assert_int_equal(ifaddr_add(&rig->rtnl, rig->veth, &p), 0);
	assert_true(shows("addr show dev v0", "fd05::1/64 .*nodad"));
	assert_false(shows("addr show dev v0 tentative", "fd05::1"));
}

static void test_v6_address_with_another_length_is_another_thing(void **state)
{
	struct rig *rig = *state;
	struct prefix p = net("fd05::1/64");

	assert_int_equal(ifaddr_add(&rig->rtnl, rig->tun, &p), 0);
	p.bits = 128;
	assert_int_equal(ifaddr_add(&rig->rtnl, rig->tun, &p), -EEXIST);
}

static void test_address_needs_a_link(void **state)
{
	struct rig *rig = *state;
	struct prefix v4 = net("10.3.0.1/24"), v6 = net("fd03::1/64");

	assert_int_equal(ifaddr_add(&rig->rtnl, 4711, &v4), -ENODEV);
	assert_int_equal(ifaddr_add(&rig->rtnl, 4711, &v6), -ENODEV);
	assert_int_equal(ifaddr_del(&rig->rtnl, 4711, &v4), 0);
	assert_int_equal(ifaddr_del(&rig->rtnl, 4711, &v6), 0);
}

struct seen {
	unsigned n, v4, v6;
	uint32_t ifindex;
	unsigned stop_at;
};

static int see(uint32_t ifindex, const struct prefix *address, void *ctx)
{
	struct seen *s = ctx;

	s->n++;
	if (s->ifindex)
		assert_int_equal(ifindex, s->ifindex);
	if (address->ip.family == AF_INET) {
		s->v4++;
		assert_int_equal(address->bits, 16);
		assert_int_equal(address->ip.bytes[0], 10);
	} else {
		s->v6++;
	}
	return s->n == s->stop_at ? 42 : 0;
}

static void test_each_address_is_seen_once_even_if_there_are_many(void **state)
{
	struct rig *rig = *state;
	struct seen all = { .ifindex = rig->tun }, some = { .ifindex = rig->tun, .stop_at = 3 };

	for (unsigned i = 0; i < 700; i++) {
		struct prefix p = net("10.5.0.0/16"), q = net("fd05::/64");

		store_be16(&p.ip.bytes[2], (uint16_t)(i + 1));
		store_be16(&q.ip.bytes[14], (uint16_t)(i + 1));
		assert_int_equal(ifaddr_add(&rig->rtnl, rig->tun, &p), 0);
		assert_int_equal(ifaddr_add(&rig->rtnl, rig->tun, &q), 0);
	}
	assert_int_equal(ifaddr_each(&rig->rtnl, rig->tun, see, &all), 0);
	assert_int_equal(all.v4, 700);
	assert_int_equal(all.v6, 700);
	assert_int_equal(ifaddr_each(&rig->rtnl, rig->tun, see, &some), 42);
	assert_int_equal(some.n, 3);
}

static int find_veth(uint32_t ifindex, const struct prefix *address, void *ctx)
{
	const struct rig *rig = ctx;
	const struct prefix wanted = net("192.0.2.1/24");

	return ifindex == rig->veth && prefix_equal(address, &wanted);
}

static void test_addresses_of_all_links_are_listed(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(ifaddr_each(&rig->rtnl, 0, find_veth, rig), 1);
	assert_int_equal(ifaddr_each(&rig->rtnl, rig->tun, find_veth, rig), 0);
}

static void test_routes_are_added_once_and_removed_once(void **state)
{
	static const char *const text[] = { "10.6.0.0/16", "0.0.0.0/0", "10.6.7.8/32",
					    "fd06::/48",   "::/0",      "fd06::1/128" };
	struct rig *rig = *state;

	assert_int_equal(link_set_up(&rig->rtnl, rig->tun, true), 0);
	for (unsigned i = 0; i < LEN(text); i++) {
		struct prefix p = net(text[i]);
		const char *show = p.ip.family == AF_INET ? "-4 route show table 51820"
							  : "-6 route show table 51820";
		bool empty = false;

		assert_int_equal(route_table_is_empty(&rig->rtnl, TABLE, &empty), 0);
		assert_true(empty);
		assert_int_equal(route_add(&rig->rtnl, &p, rig->tun, TABLE), 0);
		assert_int_equal(route_add(&rig->rtnl, &p, rig->tun, TABLE), 0);
		assert_int_equal(lab_try("test $(ip %s | wc -l) = 1", show), 0);
		assert_true(shows(show, p.bits ? "^(10|fd06).* dev t0 proto 117"
					       : "^default dev t0 proto 117"));
		assert_int_equal(route_table_is_empty(&rig->rtnl, TABLE, &empty), 0);
		assert_false(empty);
		/* The same destination by another device is another matter. */
		assert_int_equal(route_add(&rig->rtnl, &p, rig->veth, TABLE), -EEXIST);
		assert_int_equal(route_del(&rig->rtnl, &p, rig->veth, TABLE), 0);
		assert_true(shows(show, "dev t0"));
		assert_int_equal(route_del(&rig->rtnl, &p, rig->tun, TABLE), 0);
		assert_false(shows(show, "."));
		assert_int_equal(route_del(&rig->rtnl, &p, rig->tun, TABLE), 0);
	}
}

static void test_host_bits_of_a_route_do_not_matter(void **state)
{
	struct rig *rig = *state;
	struct prefix v4 = net("10.6.7.8/16"), v6 = net("fd06::9/48");

	assert_int_equal(link_set_up(&rig->rtnl, rig->tun, true), 0);
	assert_int_equal(route_add(&rig->rtnl, &v4, rig->tun, 0), 0);
	assert_int_equal(route_add(&rig->rtnl, &v4, rig->tun, ROUTE_TABLE_MAIN), 0);
	assert_int_equal(route_add(&rig->rtnl, &v6, rig->tun, 0), 0);
	assert_int_equal(route_add(&rig->rtnl, &v6, rig->tun, 0), 0);
	assert_true(shows("-4 route show table main", "^10.6.0.0/16 dev t0"));
	assert_true(shows("-6 route show table main", "^fd06::/48 dev t0"));
	assert_int_equal(route_del(&rig->rtnl, &v4, rig->tun, 0), 0);
	assert_false(shows("-4 route show table main", "10.6.0.0"));
}

static void test_connected_route_of_an_address_is_enough_and_stays(void **state)
{
	struct rig *rig = *state;
	struct prefix p = net("10.3.0.1/24");

	assert_int_equal(link_set_up(&rig->rtnl, rig->tun, true), 0);
	assert_int_equal(ifaddr_add(&rig->rtnl, rig->tun, &p), 0);
	assert_int_equal(route_add(&rig->rtnl, &p, rig->tun, 0), 0);
	assert_int_equal(lab_try("test $(ip -4 route show 10.3.0.0/24 | wc -l) = 1"), 0);
	assert_int_equal(route_del(&rig->rtnl, &p, rig->tun, 0), 0);
	assert_true(shows("-4 route show", "10.3.0.0/24 dev t0 proto kernel"));
}

static void test_small_tables_are_seen_as_well(void **state)
{
	struct rig *rig = *state;
	bool empty = true;

	assert_int_equal(route_table_is_empty(&rig->rtnl, ROUTE_TABLE_MAIN, &empty), 0);
	assert_false(empty);
	assert_int_equal(route_table_is_empty(&rig->rtnl, 77, &empty), 0);
	assert_true(empty);
	lab_run("ip -6 route add unreachable fd77::/64 table 77");
	assert_int_equal(route_table_is_empty(&rig->rtnl, 77, &empty), 0);
	assert_false(empty);
	lab_run("ip -6 route del unreachable fd77::/64 table 77");
}

static void test_way_tells_device_source_and_mtu(void **state)
{
	struct rig *rig = *state;
	struct prefix v4 = net("192.0.2.77"), v6 = net("2001:db8::77"), far = net("198.51.100.1");
	struct prefix from4 = net("192.0.2.1"), from6 = net("2001:db8::1");
	struct route_path path;

	assert_int_equal(route_get(&rig->rtnl, &v4.ip, 0, &path), 0);
	assert_int_equal(path.ifindex, rig->veth);
	assert_int_equal(path.mtu, 1500);
	assert_true(ip_equal(&path.source, &from4.ip));
	assert_int_equal(route_get(&rig->rtnl, &v6.ip, 0, &path), 0);
	assert_int_equal(path.ifindex, rig->veth);
	assert_int_equal(path.mtu, 1500);
	assert_true(ip_equal(&path.source, &from6.ip));

	assert_int_equal(route_get(&rig->rtnl, &far.ip, 0, &path), -ENETUNREACH);
	lab_run("ip route add 198.51.100.0/24 via 192.0.2.9 mtu 1312");
	assert_int_equal(route_get(&rig->rtnl, &far.ip, 0, &path), 0);
	assert_int_equal(path.mtu, 1312);
	far = net("2001:db8:1::1");
	assert_int_equal(route_get(&rig->rtnl, &far.ip, 0, &path), -ENETUNREACH);
	lab_run("ip -6 route add 2001:db8:1::/48 via 2001:db8::9 mtu 1400");
	assert_int_equal(route_get(&rig->rtnl, &far.ip, 0, &path), 0);
	assert_int_equal(path.mtu, 1400);
	assert_true(path.leaves);
}

/* Our own address, a network routed to ourselves, broadcast and multicast. */
static void test_route_get_tells_what_stays_on_this_host(void **state)
{
	static const char *const stays[] = { "127.0.0.1",   "::1",         "192.0.2.1",
					     "2001:db8::1", "203.0.113.9", "2001:db8:5::9",
					     "192.0.2.255", "ff02::1" };
	struct prefix leaves = net("192.0.2.77");
	struct rig *rig = *state;
	struct route_path path;
	size_t i;

	lab_run("ip link set lo up");
	lab_run("ip route add local 203.0.113.0/24 dev lo");
	lab_run("ip -6 route add 2001:db8:5::/48 dev lo");
	for (i = 0; i < LEN(stays); i++) {
		struct prefix p = net(stays[i]);

		int err = route_get(&rig->rtnl, &p.ip, 0, &path);

		if (err < 0 || path.leaves)
			fail_msg("%s: %d", stays[i], err);
	}
	assert_int_equal(route_get(&rig->rtnl, &leaves.ip, 0, &path), 0);
	assert_true(path.leaves);
	lab_run("ip route del local 203.0.113.0/24 dev lo");
	lab_run("ip -6 route del 2001:db8:5::/48 dev lo");
}

struct family {
	int family;
	const char *any, *far, *near;
};

static const struct family families[] = {
	{ AF_INET, "0.0.0.0/0", "198.51.100.1", "192.0.2.77" },
	{ AF_INET6, "::/0", "2001:db8:1::1", "2001:db8::77" },
};

static uint32_t way_to(struct rig *rig, const char *address, uint32_t mark)
{
	struct prefix p = net(address);
	struct route_path path;

	assert_int_equal(route_get(&rig->rtnl, &p.ip, mark, &path), 0);
	return path.ifindex;
}

static void add_rules(struct rig *rig, int family, uint32_t mark, bool suppress_first)
{
	if (suppress_first)
		assert_int_equal(rule_add_suppress(&rig->rtnl, family), 0);
	assert_int_equal(rule_add_not_mark(&rig->rtnl, family, mark, TABLE), 0);
	assert_int_equal(rule_add_suppress(&rig->rtnl, family), 0);
}

static void expect_rules(struct rig *rig, int family, unsigned not_mark, unsigned suppress)
{
	unsigned is_not_mark = 99, is_suppress = 99;

	assert_int_equal(rule_count(&rig->rtnl, family, &is_not_mark, &is_suppress), 0);
	assert_int_equal(is_not_mark, not_mark);
	assert_int_equal(is_suppress, suppress);
}

/* All of the default-route set-up for one family. */
static void divert(struct rig *rig, const struct family *f, bool suppress_first)
{
	expect_rules(rig, f->family, 0, 0);
	add_rules(rig, f->family, MARK, suppress_first);
	add_rules(rig, f->family, MARK, !suppress_first);
	expect_rules(rig, f->family, 1, 1);
	assert_int_equal(way_to(rig, f->far, 0), rig->tun);
	assert_int_equal(way_to(rig, f->far, MARK + 1), rig->tun);
	assert_int_equal(way_to(rig, f->far, MARK), rig->veth);
	assert_int_equal(way_to(rig, f->near, 0), rig->veth);

	/* A second tunnel finds that rule, and must not be placed before it. */
	add_rules(rig, f->family, MARK + 9, suppress_first);
	expect_rules(rig, f->family, 2, 1);
	assert_int_equal(way_to(rig, f->near, 0), rig->veth);

	assert_int_equal(rule_del_not_mark(&rig->rtnl, f->family, MARK + 9, TABLE), 0);
	for (unsigned twice = 0; twice < 2; twice++) {
		assert_int_equal(rule_del_not_mark(&rig->rtnl, f->family, MARK, TABLE), 0);
		assert_int_equal(way_to(rig, f->far, 0), rig->veth);
	}
	expect_rules(rig, f->family, 0, 1);
	for (unsigned twice = 0; twice < 2; twice++)
		assert_int_equal(rule_del_suppress(&rig->rtnl, f->family), 0);
	expect_rules(rig, f->family, 0, 0);
}

static void test_rules_send_all_but_the_marked_into_the_tunnel(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(link_set_up(&rig->rtnl, rig->tun, true), 0);
	lab_run("ip route add default via 192.0.2.9 && ip -6 route add default via 2001:db8::9");
	for (unsigned i = 0; i < LEN(families); i++) {
		struct prefix any = net(families[i].any);

		assert_int_equal(route_add(&rig->rtnl, &any, rig->tun, TABLE), 0);
		divert(rig, &families[i], false);
		divert(rig, &families[i], true);
	}
	/* The system's own rule for the main table is still there. */
	assert_true(shows("-4 rule show", "^32766:.*lookup main *$"));
	assert_true(shows("-6 rule show", "^32766:.*lookup main *$"));
}

static void test_rules_look_like_those_of_the_tools(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(rule_add_not_mark(&rig->rtnl, AF_INET, MARK, TABLE), 0);
	assert_int_equal(rule_add_suppress(&rig->rtnl, AF_INET), 0);
	assert_true(
		shows("rule show", "32765:.*not from all fwmark 0xca6c lookup 51820 proto 117"));
	assert_true(shows("rule show",
			  "32764:.*from all lookup main suppress_prefixlength 0 proto 117"));
	assert_false(shows("-6 rule show", "51820"));
	assert_int_equal(rule_del_not_mark(&rig->rtnl, AF_INET, MARK, TABLE), 0);
	assert_int_equal(rule_del_suppress(&rig->rtnl, AF_INET), 0);
}

static void test_rules_of_others_are_counted_and_left_alone(void **state)
{
	struct rig *rig = *state;
	unsigned not_mark, suppress;

	lab_run("ip rule add table main suppress_prefixlength 0");
	lab_run("ip rule add not fwmark 0xca6c table 51820");
	/* Unlike ours in one thing each. */
	lab_run("ip rule add not fwmark 0xca6c/0xffff table 51820");
	lab_run("ip rule add fwmark 0xca6c table 51820");
	lab_run("ip rule add from 10.0.0.0/8 table main suppress_prefixlength 0");
	lab_run("ip rule add table main suppress_prefixlength 8");
	lab_run("ip rule add not fwmark 0xca6c iif lo table 51820");
	assert_int_equal(rule_add_not_mark(&rig->rtnl, AF_INET, MARK, TABLE), 0);
	assert_int_equal(rule_add_suppress(&rig->rtnl, AF_INET), 0);
	assert_int_equal(rule_count(&rig->rtnl, AF_INET, &not_mark, &suppress), 0);
	assert_int_equal(not_mark, 1);
	assert_int_equal(suppress, 1);
	assert_int_equal(rule_del_not_mark(&rig->rtnl, AF_INET, MARK, TABLE), 0);
	assert_int_equal(rule_del_suppress(&rig->rtnl, AF_INET), 0);
	assert_int_equal(rule_count(&rig->rtnl, AF_INET, &not_mark, &suppress), 0);
	assert_int_equal(not_mark, 1);
	assert_int_equal(suppress, 1);
	/* Others' differ by their maker only. */
	assert_int_equal(rule_add_not_mark(&rig->rtnl, AF_INET, MARK, TABLE + 1), 0);
	assert_int_equal(rule_add_not_mark(&rig->rtnl, AF_INET, MARK + 1, TABLE), 0);
	assert_int_equal(rule_count(&rig->rtnl, AF_INET, &not_mark, &suppress), 0);
	assert_int_equal(not_mark, 3);
	assert_int_equal(rule_del_not_mark(&rig->rtnl, AF_INET, MARK, TABLE + 1), 0);
	/* Other rules came later, before and after ours, which is still removed. */
	lab_run("ip rule add not fwmark 0xca6d table 51820 pref 1");
	lab_run("ip rule add not fwmark 0xca6d table 51820 pref 32770");
	assert_int_equal(rule_del_not_mark(&rig->rtnl, AF_INET, MARK + 1, TABLE), 0);
	assert_false(shows("rule show", "0xca6d .*proto 117"));
	assert_int_equal(rule_count(&rig->rtnl, AF_INET, &not_mark, &suppress), 0);
	assert_int_equal(not_mark, 3);
	lab_run("ip rule flush && ip rule add table main pref 32766");
}

/* All events until none came for that long: the kernel reports some of them late. */
static struct watch_news look_for(struct watch *w, uint32_t ifindex, int quiet_ms)
{
	struct watch_news news, all = { 0 };
	struct pollfd p[] = { { .fd = w->fd, .events = POLLIN },
			      { .fd = w->route_fd, .events = POLLIN } };
	bool rerouted;

	while (poll(p, 2, quiet_ms) > 0) {
		assert_int_equal(watch_read(w, ifindex, &news), 0);
		assert_true(watch_read_routes(w, ifindex, &rerouted) >= 0);
		if (news.link_changed)
			all.link = news.link;
		all.link_changed |= news.link_changed;
		all.link_gone |= news.link_gone;
		all.link_moved |= news.link_moved;
		all.network_changed |= news.network_changed || rerouted;
		all.lost |= news.lost;
	}
	return all;
}

static struct watch_news look(struct watch *w, uint32_t ifindex)
{
	return look_for(w, ifindex, 50);
}

/* Longer than the kernel waits before it tells of a changed carrier. */
static void settle(struct watch *w)
{
	look_for(w, 0, 1200);
}

static void test_watch_tells_of_the_link_itself(void **state)
{
	struct rig *rig = *state;
	struct watch w;
	struct watch_news news;

	assert_int_equal(watch_open(&w), 0);
	settle(&w);
	news = look(&w, rig->tun);
	assert_false(news.network_changed || news.link_changed || news.link_gone || news.lost);
	assert_int_equal(link_set_up(&rig->rtnl, rig->tun, true), 0);
	news = look(&w, rig->tun);
	assert_true(news.link_changed);
	assert_true(news.link.up);
	assert_int_equal(news.link.ifindex, rig->tun);
	assert_string_equal(news.link.name, "t0");
	assert_false(news.network_changed);
	assert_int_equal(link_set_mtu(&rig->rtnl, rig->tun, 1234), 0);
	news = look(&w, rig->tun);
	assert_true(news.link_changed);
	assert_int_equal(news.link.mtu, 1234);
	assert_int_equal(link_set_up(&rig->rtnl, rig->tun, false), 0);
	news = look(&w, rig->tun);
	assert_true(news.link_changed);
	assert_false(news.link.up);
	assert_false(news.network_changed || news.link_gone);
	dev_close(&rig->dev);
	news = look(&w, rig->tun);
	assert_true(news.link_gone);
	watch_close(&w);
	assert_int_equal(w.fd, -1);
}

static void test_segments_of_big_packets_are_limited(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(link_set_segments(&rig->rtnl, rig->tun, 45), 0);
	assert_true(shows("-d link show t0", "gso_max_segs 45 "));
	assert_int_equal(link_set_segments(&rig->rtnl, rig->tun, 65535), 0);
	assert_true(shows("-d link show t0", "gso_max_segs 65535 "));
	assert_int_equal(link_set_segments(&rig->rtnl, 0, 45), -ENODEV);
	assert_int_equal(link_set_segments(&rig->rtnl, 4711, 45), -ENODEV);
}

static void test_forwarding_of_any_other_link_is_seen(void **state)
{
	static const char *const settings[] = { "net.ipv4.conf.v0.forwarding",
						"net.ipv4.conf.all.forwarding",
						"net.ipv6.conf.v0.forwarding",
						"net.ipv6.conf.all.forwarding" };
	struct rig *rig = *state;
	struct watch_news news;
	struct watch watch;
	bool forwards = true;

	for (unsigned i = 0; i < LEN(settings); i++)
		lab_run("echo 0 >/proc/sys/$(echo %s | tr . /)", settings[i]);
	assert_int_equal(netconf_forwards(&rig->rtnl, rig->tun, &forwards), 0);
	assert_false(forwards);
	assert_int_equal(watch_open(&watch), 0);
	for (unsigned i = 0; i < LEN(settings); i++) {
		assert_int_equal(watch_read(&watch, rig->tun, &news), 0);
		lab_run("echo 1 >/proc/sys/$(echo %s | tr . /)", settings[i]);
		assert_int_equal(netconf_forwards(&rig->rtnl, rig->tun, &forwards), 0);
		assert_true(forwards);
		assert_int_equal(watch_read(&watch, rig->tun, &news), 0);
		assert_true(news.forwarding_changed);
		lab_run("echo 0 >/proc/sys/$(echo %s | tr . /)", settings[i]);
		assert_int_equal(netconf_forwards(&rig->rtnl, rig->tun, &forwards), 0);
		assert_false(forwards);
	}
	watch_close(&watch);
	/* Of the device itself: what comes out of it does not go into it. */
	lab_run("echo 1 >/proc/sys/net/ipv4/conf/t0/forwarding");
	assert_int_equal(netconf_forwards(&rig->rtnl, rig->tun, &forwards), 0);
	assert_false(forwards);
	assert_int_equal(netconf_forwards(&rig->rtnl, 0, &forwards), 0);
	assert_true(forwards);
}

static void test_what_we_do_to_our_link_is_no_change_of_the_network(void **state)
{
	static const char *const text[] = { "10.3.0.1/24", "fd03::1/64" };
	struct rig *rig = *state;
	struct watch w;
	struct watch_news news;

	assert_int_equal(watch_open(&w), 0);
	settle(&w);
	assert_int_equal(link_set_up(&rig->rtnl, rig->tun, true), 0);
	for (unsigned i = 0; i < LEN(text); i++) {
		struct prefix p = net(text[i]), any = net(i ? "::/0" : "0.0.0.0/0");

		assert_int_equal(ifaddr_add(&rig->rtnl, rig->tun, &p), 0);
		assert_int_equal(route_add(&rig->rtnl, &any, rig->tun, TABLE), 0);
		assert_int_equal(route_add(&rig->rtnl, &any, rig->tun, 0), 0);
		assert_int_equal(route_del(&rig->rtnl, &any, rig->tun, TABLE), 0);
		assert_int_equal(ifaddr_del(&rig->rtnl, rig->tun, &p), 0);
	}
	assert_int_equal(link_set_up(&rig->rtnl, rig->tun, false), 0);
	news = look(&w, rig->tun);
	assert_true(news.link_changed);
	assert_false(news.network_changed);
	/* The same seen by somebody with another link. */
	assert_int_equal(link_set_up(&rig->rtnl, rig->tun, true), 0);
	news = look(&w, rig->veth);
	assert_false(news.link_changed);
	assert_true(news.network_changed);
	watch_close(&w);
}

static void test_each_change_of_the_network_is_told(void **state)
{
	static const char *const change[] = {
		"ip addr add 192.0.2.2/24 dev v0",
		"ip addr del 192.0.2.2/24 dev v0",
		"ip addr add 2001:db8::2/64 dev v0 nodad",
		"ip route add 198.51.100.0/24 dev v0",
		"ip route del 198.51.100.0/24 dev v0",
		"ip route add blackhole 203.0.113.0/24",
		"ip -6 route add 2001:db8:2::/48 via 2001:db8::9",
		"ip link set v1 down",
		"ip link add other0 type veth peer name other1",
		"ip link del other0",
	};
	struct rig *rig = *state;
	struct watch w;

	assert_int_equal(watch_open(&w), 0);
	for (unsigned i = 0; i < LEN(change); i++) {
		struct watch_news news;

		look(&w, rig->tun);
		lab_run("%s", change[i]);
		news = look(&w, rig->tun);
		if (!news.network_changed)
			print_error("not told: %s\n", change[i]);
		assert_true(news.network_changed);
		assert_false(news.link_changed || news.link_gone || news.lost);
	}
	/* The local table only repeats what the addresses said. */
	settle(&w);
	lab_run("ip route add local 10.99.0.1 dev v0 table local");
	assert_false(look(&w, rig->tun).network_changed);
	watch_close(&w);
}

static void test_link_that_moves_away_is_not_gone(void **state)
{
	struct rig *rig = *state;
	struct watch w;
	struct watch_news news;

	assert_int_equal(watch_open(&w), 0);
	if (lab_try("unshare -n sleep 5 & p=$!; sleep 0.3; ip link set t0 netns $p; r=$?;"
		    "kill $p; exit $r") != 0) {
		watch_close(&w);
		skip();
	}
	news = look(&w, rig->tun);
	assert_false(news.link_gone);
	assert_true(news.link_moved);
	watch_close(&w);
}

static void test_overflow_is_told(void **state)
{
	struct rig *rig = *state;
	struct watch w;
	struct watch_news news;
	int tiny = 1;

	assert_int_equal(watch_open(&w), 0);
	assert_int_equal(setsockopt(w.fd, SOL_SOCKET, SO_RCVBUF, &tiny, sizeof(tiny)), 0);
	for (unsigned i = 0; i < 60; i++)
		assert_int_equal(link_set_mtu(&rig->rtnl, rig->tun, 1300 + i), 0);
	news = look(&w, rig->tun);
	assert_true(news.lost);
	/* And it can be used again. */
	assert_int_equal(link_set_mtu(&rig->rtnl, rig->tun, 1500), 0);
	news = look(&w, rig->tun);
	assert_false(news.lost);
	assert_true(news.link_changed);
	assert_int_equal(news.link.mtu, 1500);
	watch_close(&w);
}

#define WORLD  "203.0.113.1"
#define WORLD6 "2001:db8:77::1"

/* The link, or the error. */
static int uplink(struct rig *rig, const char *to, uint32_t around)
{
	uint32_t ifindex = 0;
	struct ip ip;
	int r;

	assert_true(ip_parse(&ip, to, strlen(to)));
	r = uplink_find(&rig->rtnl, &ip, around, &ifindex);

	return r < 0 ? r : (int)ifindex;
}

static void test_uplink_is_that_of_the_best_default_route_of_others(void **state)
{
	struct rig *rig = *state;
	int veth = (int)rig->veth, tun = (int)rig->tun;

	lab_run("ip link set t0 up");
	assert_int_equal(uplink(rig, WORLD, rig->tun), -ENETUNREACH);
	lab_run("ip route add default via 192.0.2.2 metric 100");
	lab_run("ip route add default dev t0 metric 50 && ip route add 192.0.0.0/8 dev t0");
	lab_run("ip route add unreachable default metric 1 && ip route add default dev t0 table 77");
	assert_int_equal(uplink(rig, WORLD, rig->tun), veth);
	assert_int_equal(uplink(rig, WORLD, rig->veth), tun);
	assert_int_equal(uplink(rig, WORLD, 0), tun);
	assert_int_equal(uplink(rig, WORLD6, rig->tun), -ENETUNREACH);
	lab_run("ip -6 route add default via 2001:db8::2 metric 100");
	lab_run("ip -6 route add default dev t0 metric 50");
	assert_int_equal(uplink(rig, WORLD6, rig->tun), veth);
	assert_int_equal(uplink(rig, WORLD6, rig->veth), tun);
	lab_run("ip link set t0 down");
	lab_run("ip route del unreachable default metric 1");
}

static void test_uplink_is_that_of_the_most_specific_route_of_others(void **state)
{
	struct rig *rig = *state;
	int veth = (int)rig->veth, tun = (int)rig->tun;

	lab_run("ip link set t0 up");
	lab_run("ip route add 203.1.0.0/16 via 192.0.2.2 metric 9");
	assert_int_equal(uplink(rig, WORLD, rig->tun), -ENETUNREACH);
	assert_int_equal(uplink(rig, "0.0.0.0", rig->tun), -ENETUNREACH);
	lab_run("ip route add 203.0.112.0/23 via 192.0.2.2 metric 9");
	assert_int_equal(uplink(rig, WORLD, rig->tun), veth);
	lab_run("ip route add 203.0.113.0/24 dev t0 metric 50 && ip route add default dev t0");
	assert_int_equal(uplink(rig, WORLD, rig->tun), veth);
	assert_int_equal(uplink(rig, WORLD, 0), tun);
	assert_int_equal(uplink(rig, "203.0.112.1", 0), veth);
	assert_int_equal(uplink(rig, "0.0.0.0", 0), tun);
	lab_run("ip -6 route add 2001:db8:77::/48 via 2001:db8::2");
	lab_run("ip -6 route add 2001:db8:77::/64 dev t0");
	assert_int_equal(uplink(rig, WORLD6, rig->tun), veth);
	assert_int_equal(uplink(rig, WORLD6, rig->veth), tun);
	assert_int_equal(uplink(rig, "2001:db8:78::1", rig->tun), -ENETUNREACH);
	lab_run("ip link set t0 down");
}

static void test_uplink_may_be_one_of_several_ways(void **state)
{
	struct rig *rig = *state;

	lab_run("ip link set t0 up");
	lab_run("ip route add default nexthop dev t0 nexthop via 192.0.2.2");
	assert_int_equal(uplink(rig, WORLD, rig->tun), rig->veth);
	assert_int_equal(uplink(rig, WORLD, rig->veth), rig->tun);
	lab_run("ip link set t0 down");
}

/* As many as a routing daemon brings: who does not read them is told that some were lost. */
static void test_routes_wait_apart_and_not_without_end(void **state)
{
	struct rig *rig = *state;
	struct watch_news news;
	unsigned notices = 0;
	bool changed, lost = false;
	struct watch w;
	int n = 0;

	assert_int_equal(watch_open(&w), 0);
	settle(&w);
	lab_run("for i in $(seq 0 15); do for k in $(seq 0 255); do "
		"echo route add 198.18.$i.$k/32 dev v0; done; done | ip -batch -");
	assert_int_equal(link_set_mtu(&rig->rtnl, rig->tun, 1234), 0);
	assert_int_equal(watch_read(&w, rig->tun, &news), 0);
	assert_true(news.link_changed);
	assert_false(news.lost || news.network_changed);
	for (unsigned i = 0; i < 16 && (n > 0 || !lost); i++) {
		n = watch_read_routes(&w, rig->tun, &changed);
		assert_true(n >= 0);
		notices += (unsigned)n;
		lost |= changed;
	}
	assert_true(lost);
	assert_in_range(notices, 1, 2048);
	/* And it can be used again. */
	lab_run("ip route del 198.18.0.0/32");
	assert_int_equal(watch_read_routes(&w, rig->tun, &changed), 1);
	assert_true(changed);
	watch_close(&w);
}

static void test_metric_of_a_block_tells_whose_it_is(void **state)
{
	char name[8];

	(void)state;
	assert_int_equal(block_metric("wg0") >> 24, 255);
	assert_int_equal(block_metric("wg0"), block_metric("wg0"));
	for (int i = 1; i < 1000; i++) {
		snprintf(name, sizeof(name), "wg%d", i);
		assert_int_equal(block_metric(name) >> 24, 255);
		assert_int_not_equal(block_metric(name), block_metric("wg0"));
	}
}

static void test_block_counts_once_no_other_route_is_left(void **state)
{
	static const struct {
		int family;
		const char *option, *far;
	} kinds[] = { { AF_INET, "-4", "198.51.100.1" }, { AF_INET6, "-6", "2001:db8:7::1" } };
	struct rig *rig = *state;
	uint32_t metric = block_metric("t0"), table[4];
	size_t n = 9;

	for (size_t i = 0; i < LEN(kinds); i++) {
		const char *o = kinds[i].option;

		assert_int_equal(block_add(&rig->rtnl, kinds[i].family, TABLE, metric), 0);
		assert_int_equal(block_add(&rig->rtnl, kinds[i].family, TABLE, metric), 0);
		lab_run("ip %s route add default dev v0 table %d && ip %s rule add table %d", o,
			TABLE, o, TABLE);
		assert_int_equal(lab_try("ip %s route get %s | grep -q 'dev v0'", o, kinds[i].far),
				 0);
		lab_run("ip %s route del default dev v0 table %d", o, TABLE);
		assert_int_equal(lab_try("ip %s route get %s 2>&1 | grep -qiE 'unreach|no route'",
					 o, kinds[i].far),
				 0);
		assert_int_equal(
			block_tables(&rig->rtnl, kinds[i].family, metric, table, LEN(table), &n),
			0);
		assert_int_equal(n, 1);
		assert_int_equal(table[0], TABLE);
		assert_int_equal(block_tables(&rig->rtnl, kinds[i].family, block_metric("t1"),
					      table, LEN(table), &n),
				 0);
		assert_int_equal(n, 0);
		assert_int_equal(block_del(&rig->rtnl, kinds[i].family, TABLE, metric), 0);
		assert_int_equal(block_del(&rig->rtnl, kinds[i].family, TABLE, metric), 0);
		assert_int_equal(
			block_tables(&rig->rtnl, kinds[i].family, metric, table, LEN(table), &n),
			0);
		assert_int_equal(n, 0);
		lab_run("ip %s rule del table %d", o, TABLE);
	}
}

/* What is not exactly ours: another's, another protocol, another metric, another kind. */
static void test_blocks_of_others_are_left_alone(void **state)
{
	struct rig *rig = *state;
	uint32_t metric = block_metric("t0"), table[4];
	size_t n = 9;

	lab_run("ip route add unreachable default metric %u table 77", metric);
	lab_run("ip route add unreachable default proto 117 metric %u table 78", metric ^ 1);
	lab_run("ip route add prohibit default proto 117 metric %u table 79", metric);
	lab_run("ip route add unreachable 10.0.0.0/8 proto 117 metric %u table 80", metric);
	assert_int_equal(block_tables(&rig->rtnl, AF_INET, metric, table, LEN(table), &n), 0);
	assert_int_equal(n, 0);
	for (uint32_t t = 77; t < 81; t++) {
		assert_int_equal(block_del(&rig->rtnl, AF_INET, t, metric), 0);
		lab_run("ip route show table %u | grep -q . && ip route flush table %u", t, t);
	}
}

/* --- nftables --- */

static bool has_rules(const char *table, const char *pattern)
{
	return lab_try("nft list table inet '%s' 2>/dev/null | tr -s ' \n\t' ' ' | "
		       "grep -qE -e '%s'",
		       table, pattern) == 0;
}

static void test_guard_is_made_replaced_and_removed(void **state)
{
	const struct prefix address[] = { net("10.9.0.1/24"), net("fd09::1/64"), net("10.9.1.1") };
	struct guard guard = { .name = "t+0", .mark = MARK, .address = address, .n = 3 };
	struct nfnl n = { 0 };

	(void)state;
	if (lab_try("nft list ruleset >/dev/null 2>&1") != 0)
		skip();
	lab_run("nft add table inet taut-t/2b0; nft add chain inet taut-t/2b0 old");
	assert_int_equal(guard_set(&n, &guard), 0);
	assert_false(has_rules("taut-t/2b0", "chain old"));
	assert_true(has_rules("taut-t/2b0", "elements = [{] 10.9.0.1, 10.9.1.1 [}]"));
	assert_true(has_rules("taut-t/2b0", "elements = [{] fd09::1 [}]"));
	assert_true(has_rules("taut-t/2b0", "hook prerouting priority raw; policy accept; "
					    "iifname != \"t\\+0\" ip daddr @addresses4 fib saddr "
					    "type != local drop"));
	assert_true(has_rules("taut-t/2b0", "iifname != \"t\\+0\" ip6 daddr @addresses6 fib saddr "
					    "type != local drop"));
	assert_true(has_rules("taut-t/2b0", "hook postrouting priority mangle; policy accept; "
					    "meta mark 0x0000ca6c ct mark set (meta )?mark"));
	assert_true(has_rules("taut-t/2b0", "hook prerouting priority mangle; policy accept; "
					    "ct mark 0x0000ca6c (meta )?mark set ct mark"));
	guard.n = 1;
	assert_int_equal(guard_set(&n, &guard), 0);
	assert_true(has_rules("taut-t/2b0", "elements = [{] 10.9.0.1 [}]"));
	assert_false(has_rules("taut-t/2b0", "10.9.1.1|fd09::1"));
	assert_int_equal(guard_del(&n, "t+0"), 0);
	assert_false(has_rules("taut-t/2b0", "."));
	assert_int_equal(guard_del(&n, "t+0"), 0);
	guard.name = "=a_b.c-d+++++++";
	assert_int_equal(guard_set(&n, &guard), 0);
	assert_true(has_rules("taut-/3da_b.c-d/2b/2b/2b/2b/2b/2b/2b", "10.9.0.1"));
	nfnl_close(&n);
}

static void test_guard_is_made_of_many_addresses(void **state)
{
	static struct prefix address[3000];
	struct guard guard = { .name = "t0", .mark = 1, .address = address, .n = LEN(address) };
	struct nfnl n = { 0 };

	(void)state;
	if (lab_try("nft list ruleset >/dev/null 2>&1") != 0)
		skip();
	for (size_t i = 0; i < LEN(address); i++) {
		address[i] = net(i % 3 ? "fd09::1" : "10.9.0.1");
		address[i].ip.bytes[2] = (uint8_t)(i >> 8);
		address[i].ip.bytes[3] = (uint8_t)i;
	}
	assert_int_equal(guard_set(&n, &guard), 0);
	assert_int_equal(
		lab_try("test $(nft list set inet taut-t0 addresses6 | grep -o fd09: | wc -l) = 2000"),
		0);
	assert_int_equal(
		lab_try("test $(nft list set inet taut-t0 addresses4 | grep -oE '10.9(.[0-9]+){2}' | wc -l) = "
			"1000"),
		0);
	nfnl_close(&n);
}

/* Most firewalls begin with "flush ruleset".  The table goes with its socket. */
static void test_guard_belongs_to_its_socket(void **state)
{
	const struct prefix address = net("10.9.0.1/24");
	const struct guard guard = { .name = "t0", .mark = MARK, .address = &address, .n = 1 };
	struct nfnl n = { 0 };

	(void)state;
	if (lab_try("nft list ruleset >/dev/null 2>&1") != 0)
		skip();
	assert_int_equal(guard_set(&n, &guard), 0);
	if (!has_rules("taut-t0", "flags owner"))
		skip(); /* Linux before 5.12 */
	lab_run("nft flush ruleset");
	assert_true(has_rules("taut-t0", "10.9.0.1"));
	assert_int_not_equal(lab_try("nft delete table inet taut-t0 2>/dev/null"), 0);
	nfnl_close(&n);
	assert_int_equal(lab_try("for i in $(seq 100); do nft list table inet taut-t0 2>/dev/null "
				 ">&2 || exit 0; sleep 0.02; done; exit 1"),
			 0);
}

#define WITH_RIG(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RIG(test_link_is_found_by_name_and_index),
		WITH_RIG(test_missing_link_is_enodev),
		WITH_RIG(test_link_goes_up_and_down),
		WITH_RIG(test_mtu_is_set_within_bounds),
		WITH_RIG(test_addresses_are_added_once_and_removed_once),
		WITH_RIG(test_v6_address_can_be_used_at_once),
		WITH_RIG(test_v6_address_with_another_length_is_another_thing),
		WITH_RIG(test_address_needs_a_link),
		WITH_RIG(test_each_address_is_seen_once_even_if_there_are_many),
		WITH_RIG(test_addresses_of_all_links_are_listed),
		WITH_RIG(test_routes_are_added_once_and_removed_once),
		WITH_RIG(test_host_bits_of_a_route_do_not_matter),
		WITH_RIG(test_connected_route_of_an_address_is_enough_and_stays),
		WITH_RIG(test_small_tables_are_seen_as_well),
		WITH_RIG(test_way_tells_device_source_and_mtu),
		WITH_RIG(test_route_get_tells_what_stays_on_this_host),
		WITH_RIG(test_uplink_is_that_of_the_best_default_route_of_others),
		WITH_RIG(test_uplink_is_that_of_the_most_specific_route_of_others),
		WITH_RIG(test_uplink_may_be_one_of_several_ways),
		WITH_RIG(test_rules_send_all_but_the_marked_into_the_tunnel),
		WITH_RIG(test_rules_look_like_those_of_the_tools),
		WITH_RIG(test_rules_of_others_are_counted_and_left_alone),
		WITH_RIG(test_segments_of_big_packets_are_limited),
		WITH_RIG(test_forwarding_of_any_other_link_is_seen),
		WITH_RIG(test_watch_tells_of_the_link_itself),
		WITH_RIG(test_what_we_do_to_our_link_is_no_change_of_the_network),
		WITH_RIG(test_each_change_of_the_network_is_told),
		WITH_RIG(test_link_that_moves_away_is_not_gone),
		WITH_RIG(test_overflow_is_told),
		WITH_RIG(test_routes_wait_apart_and_not_without_end),
		WITH_RIG(test_metric_of_a_block_tells_whose_it_is),
		WITH_RIG(test_block_counts_once_no_other_route_is_left),
		WITH_RIG(test_blocks_of_others_are_left_alone),
		WITH_RIG(test_guard_is_made_replaced_and_removed),
		WITH_RIG(test_guard_is_made_of_many_addresses),
		WITH_RIG(test_guard_belongs_to_its_socket),
	};

	lab_enter();
	lab_needs("/dev/net/tun");
	if (lab_try("ip link add v0 type veth peer name v1 && ip link del v0 &&"
		    "test -d /proc/sys/net/ipv6") != 0) {
		fprintf(stderr, "SKIP: no veth, or no IPv6 here\n");
		return 77;
	}
	/* Its end a second later would be an event in the middle of a test. */
	lab_try("echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
