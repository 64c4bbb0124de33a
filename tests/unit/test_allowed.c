/* SPDX-License-Identifier: ISC */
#include "proto/allowed.h"

#include <errno.h>
#include <time.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "hex.h"
#include "proto/peer.h"
#include "seed.h"

enum { PEERS = 12 };

static struct peer peers[PEERS];

static struct peer *peer_of(char name)
{
	return name == '-' ? NULL : &peers[name - 'a'];
}

static struct prefix prefix_of(const char *text)
{
	struct prefix p;

	assert_true(prefix_parse(&p, text, strlen(text)));
	return p;
}

static void add(struct allowed *a, const char *text, char name)
{
	struct prefix p = prefix_of(text);

	assert_int_equal(allowed_add(a, &p, peer_of(name)), 0);
}

static bool drop(struct allowed *a, const char *text, char name)
{
	struct prefix p = prefix_of(text);

	return allowed_remove(a, &p, peer_of(name));
}

static struct peer *find(const struct allowed *a, const struct ip *ip)
{
	return ip->family == AF_INET ? allowed_find4(a, ip->bytes) : allowed_find6(a, ip->bytes);
}

static void check(const struct allowed *a, const char *text, char name)
{
	struct ip ip;

	assert_true(ip_parse(&ip, text, strlen(text)));
	if (find(a, &ip) != peer_of(name))
		fail_msg("%s is not of %c", text, name);
}

static void clear(struct allowed *a)
{
	for (size_t i = 0; i < PEERS; i++) {
		allowed_remove_all(a, &peers[i]);
		assert_int_equal(peers[i].allowed.n, 0);
		assert_null(peers[i].allowed.first);
		assert_null(peers[i].allowed.last);
	}
	assert_int_equal(a->nodes, 0);
	assert_null(a->root[0]);
	assert_null(a->root[1]);
}

struct pair {
	const char *text;
	char name;
};

static void test_ipv4_lookups_of_the_kernels_table(void **state)
{
	(void)state;
	static const struct pair adds[] = {
		{ "192.168.4.0/24", 'a' }, { "192.168.4.4/32", 'b' },   { "192.168.0.0/16", 'c' },
		{ "192.95.5.64/27", 'd' }, { "192.95.5.65/27", 'c' },   { "0.0.0.0/0", 'e' },
		{ "64.15.112.0/20", 'g' }, { "64.15.123.211/25", 'h' }, { "10.0.0.0/25", 'a' },
		{ "10.0.0.128/25", 'b' },  { "10.1.0.0/30", 'a' },      { "10.1.0.4/30", 'b' },
		{ "10.1.0.8/29", 'c' },    { "10.1.0.16/29", 'd' },
	};
	static const struct pair finds[] = {
		{ "192.168.4.20", 'a' },    { "192.168.4.0", 'a' },     { "192.168.4.4", 'b' },
		{ "192.168.200.182", 'c' }, { "192.95.5.68", 'c' },     { "192.95.5.96", 'e' },
		{ "64.15.116.26", 'g' },    { "64.15.127.3", 'g' },     { "64.15.123.1", 'g' },
		{ "64.15.123.128", 'h' },   { "10.0.0.52", 'a' },       { "10.0.0.220", 'b' },
		{ "10.1.0.2", 'a' },        { "10.1.0.6", 'b' },        { "10.1.0.10", 'c' },
		{ "10.1.0.20", 'd' },       { "255.255.255.255", 'e' }, { "0.0.0.0", 'e' },
	};
	struct allowed a = { 0 };

	check(&a, "192.168.4.20", '-');
	for (size_t i = 0; i < LEN(adds); i++)
		add(&a, adds[i].text, adds[i].name);
	for (size_t i = 0; i < LEN(finds); i++)
		check(&a, finds[i].text, finds[i].name);
	assert_int_equal(peer_of('d')->allowed.n, 1); /* 192.95.5.64/27 moved to c */
	check(&a, "::1", '-');
	clear(&a);
}

static void test_ipv6_lookups_of_the_kernels_table(void **state)
{
	(void)state;
	static const struct pair adds[] = {
		{ "2607:5300:6003:3d3a::/64", 'd' },
		{ "2607:5300:6003:3d3a:c00:100:0:0/96", 'c' },
		{ "::/0", 'e' },
		{ "::/0", 'f' },
		{ "2404:6800::/32", 'g' },
		{ "2404:6800:4004:800::/56", 'h' },
		{ "2404:6800:4004:806:def0:9abc:0:0/64", 'a' },
		{ "2404:6800:4004:800:dead:beef:dead:beef/128", 'c' },
		{ "::ffff:10.0.0.0/104", 'b' },
	};
	static const struct pair finds[] = {
		{ "2607:5300:6003:3d3a:c00:100::c02a", 'c' },
		{ "2607:5300:6003:3d3a:c01:100::", 'd' },
		{ "2607:5300:6003:3d3b::1", 'f' },
		{ "2404:6800:4004:806::1006", 'a' },
		{ "2404:6800:4004:806:0:1234:0:5678", 'a' },
		{ "2404:67ff:4004:806:0:1234:0:5678", 'f' },
		{ "2404:6801:4004:806:0:1234:0:5678", 'f' },
		{ "2404:6800:4004:800:0:1234:0:5678", 'h' },
		{ "2404:6800:4005::", 'g' },
		{ "2404:6800:4004:800:dead:beef:dead:beef", 'c' },
		{ "2404:6800:4004:800:dead:beef:dead:beee", 'h' },
		{ "::ffff:10.1.2.3", 'b' },
		{ "::ffff:11.1.2.3", 'f' },
	};
	struct allowed a = { 0 };

	for (size_t i = 0; i < LEN(adds); i++)
		add(&a, adds[i].text, adds[i].name);
	for (size_t i = 0; i < LEN(finds); i++)
		check(&a, finds[i].text, finds[i].name);
	check(&a, "10.1.2.3", '-'); /* a mapped prefix stays IPv6 */
	assert_int_equal(peer_of('e')->allowed.n, 0);
	clear(&a);
}

static void test_removing_a_peer_leaves_those_around_it(void **state)
{
	(void)state;
	struct allowed a = { 0 };

	add(&a, "192.168.0.0/16", 'a');
	add(&a, "192.168.0.0/24", 'a');
	allowed_remove_all(&a, peer_of('a'));
	check(&a, "192.168.0.1", '-');
	assert_int_equal(a.nodes, 0);
	add(&a, "10.0.0.0/8", 'a');
	add(&a, "10.1.0.0/16", 'b');
	add(&a, "10.1.1.0/24", 'c');
	add(&a, "10.1.1.1/32", 'b');
	allowed_remove_all(&a, peer_of('b'));
	check(&a, "10.1.1.1", 'c');
	check(&a, "10.1.2.1", 'a');
	check(&a, "10.2.0.0", 'a');
	assert_int_equal(a.nodes, 2);
	allowed_remove_all(&a, peer_of('a'));
	check(&a, "10.1.1.1", 'c');
	check(&a, "10.1.2.1", '-');
	clear(&a);
}

static void test_a_prefix_moves_and_only_its_owner_can_remove_it(void **state)
{
	(void)state;
	struct allowed a = { 0 };
	struct prefix p;

	add(&a, "10.1.2.3/24", 'a'); /* host bits do not count */
	add(&a, "10.1.2.0/25", 'a');
	assert_false(drop(&a, "10.1.2.0/24", 'b'));
	assert_false(drop(&a, "10.1.2.0/23", 'a'));
	assert_false(drop(&a, "10.1.2.0/26", 'a'));
	assert_false(drop(&a, "10.1.3.0/24", 'a'));
	assert_false(drop(&a, "::/0", 'a'));
	add(&a, "10.1.2.0/24", 'b');
	check(&a, "10.1.2.200", 'b');
	check(&a, "10.1.2.100", 'a');
	assert_int_equal(peer_of('a')->allowed.n, 1);
	assert_false(drop(&a, "10.1.2.0/24", 'a'));
	assert_true(drop(&a, "10.1.2.77/24", 'b'));
	check(&a, "10.1.2.200", '-');
	allowed_prefix(allowed_next(&peer_of('a')->allowed, NULL), &p);
	assert_int_equal(p.bits, 25);
	clear(&a);
}

static void test_prefixes_are_listed_in_the_order_they_were_given(void **state)
{
	(void)state;
	static const char *const given[] = { "10.0.0.0/8",    "::/0",      "10.1.2.3/32",
					     "2001:db8::/33", "0.0.0.0/0", "2001:db8::1/128",
					     "10.0.0.0/8" };
	static const char *const listed[] = { "::/0",      "10.1.2.3/32",     "2001:db8::/33",
					      "0.0.0.0/0", "2001:db8::1/128", "10.0.0.0/8" };
	const struct allowed_node *n = NULL;
	struct allowed a = { 0 };

	for (size_t i = 0; i < LEN(given); i++)
		add(&a, given[i], 'k');
	for (size_t i = 0; i < LEN(listed); i++) {
		struct prefix is, want = prefix_of(listed[i]);

		n = allowed_next(&peer_of('k')->allowed, n);
		assert_non_null(n);
		allowed_prefix(n, &is);
		assert_true(prefix_equal(&is, &want)); /* the exact same again goes to the end */
	}
	assert_null(allowed_next(&peer_of('k')->allowed, n));
	clear(&a);
}

static void test_every_depth_nests(void **state)
{
	(void)state;
	struct allowed a = { 0 };
	struct prefix p = { .ip.family = AF_INET6 };

	for (unsigned bits = 0; bits <= 128; bits++) {
		memset(p.ip.bytes, 0xff, 16);
		p.bits = (uint8_t)bits;
		assert_int_equal(allowed_add(&a, &p, &peers[bits % PEERS]), 0);
	}
	assert_int_equal(a.nodes, 129);
	for (unsigned bits = 0; bits <= 128; bits++) {
		struct ip ip = { .family = AF_INET6 };

		memset(ip.bytes, 0xff, 16);
		if (bits < 128)
			hex_flip(ip.bytes,
				 bits / 8 * 8 + 7 - bits % 8); /* first bit that differs */
		assert_ptr_equal(find(&a, &ip), &peers[bits % PEERS]);
	}
	clear(&a);
}

/* --- against a list --- */

enum { LIST = 600 };

static struct {
	struct prefix prefix;
	struct peer *peer;
} list[LIST];

static size_t listed;

static struct prefix draw(struct seed *s)
{
	struct prefix p = { .ip.family = seed_below(s, 2) ? AF_INET : AF_INET6 };
	unsigned bits = ip_bits(p.ip.family);

	/* Few different bits, so that prefixes lie inside and beside each other. */
	seed_fill(s, p.ip.bytes, bits / 8);
	for (unsigned i = 0; i < bits / 8; i++)
		p.ip.bytes[i] &= seed_below(s, 3) ? 0x01 : 0x81;
	p.bits = (uint8_t)seed_below(s, bits + 1);
	return p;
}

static struct peer *list_find(const struct ip *ip)
{
	struct peer *best = NULL;
	int bits = -1;

	for (size_t i = 0; i < listed; i++) {
		if (list[i].prefix.bits > bits && prefix_contains(&list[i].prefix, ip)) {
			bits = list[i].prefix.bits;
			best = list[i].peer;
		}
	}
	return best;
}

static size_t list_at(const struct prefix *p)
{
	struct prefix m = *p;
	size_t i;

	prefix_mask(&m);
	for (i = 0; i < listed && !prefix_equal(&list[i].prefix, &m); i++)
		;
	return i;
}

static void list_drop(size_t i)
{
	list[i] = list[--listed];
}

static void list_add(const struct prefix *p, struct peer *peer)
{
	size_t i = list_at(p);

	if (i == listed)
		listed++;
	list[i].prefix = *p;
	prefix_mask(&list[i].prefix);
	list[i].peer = peer;
}

static void change(struct allowed *a, struct seed *s)
{
	struct peer *peer = &peers[seed_below(s, PEERS)];
	struct prefix p = draw(s);
	uint32_t what = seed_below(s, 200);
	size_t i;

	if (what == 0) {
		allowed_remove_all(a, peer);
		for (i = 0; i < listed;) {
			if (list[i].peer == peer)
				list_drop(i);
			else
				i++;
		}
	} else if (what < 100 && listed < LIST) {
		assert_int_equal(allowed_add(a, &p, peer), 0);
		list_add(&p, peer);
	} else if (what < 180 && listed) {
		i = seed_below(s, (uint32_t)listed);
		p = list[i].prefix;
		assert_int_equal(allowed_remove(a, &p, peer), list[i].peer == peer);
		if (list[i].peer == peer || allowed_remove(a, &p, list[i].peer))
			list_drop(i);
	} else {
		i = list_at(&p);
		assert_int_equal(allowed_remove(a, &p, peer), i < listed && list[i].peer == peer);
		if (i < listed && list[i].peer == peer)
			list_drop(i);
	}
}

static void test_random_operations_agree_with_a_list(void **state)
{
	(void)state;
	struct allowed a = { 0 };
	struct seed s = { 11 };

	listed = 0;
	for (int i = 0; i < 100000; i++) {
		struct prefix p;
		size_t n = 0;

		change(&a, &s);
		p = draw(&s);
		assert_ptr_equal(find(&a, &p.ip), list_find(&p.ip));
		assert_true(a.nodes <= 2 * listed);
		if (i % 500)
			continue;
		for (size_t k = 0; k < PEERS; k++)
			n += peers[k].allowed.n;
		assert_int_equal(n, listed);
	}
	clear(&a);
}

static void test_130560_prefixes_come_and_go_at_once(void **state)
{
	(void)state;
	struct allowed a = { 0 };
	struct prefix p = { .ip.family = AF_INET, .bits = 32 };
	struct timespec from, to;

	clock_gettime(CLOCK_MONOTONIC, &from);
	for (uint32_t i = 0; i < 130560; i++) {
		store_be32(p.ip.bytes, i * 2654435761u);
		assert_int_equal(allowed_add(&a, &p, &peers[0]), 0);
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	print_message("130560 prefixes in %.1f ms\n",
		      (double)(to.tv_sec - from.tv_sec) * 1e3 +
			      (double)(to.tv_nsec - from.tv_nsec) / 1e6);
	assert_int_equal(peers[0].allowed.n, 130560);
	assert_true(a.nodes < 2 * 130560);
	for (uint32_t i = 0; i < 130560; i++) {
		store_be32(p.ip.bytes, i * 2654435761u);
		assert_ptr_equal(find(&a, &p.ip), &peers[0]);
	}
	clear(&a);
}

static void test_no_memory_changes_nothing(void **state)
{
	(void)state;
	struct allowed a = { 0 };
	struct prefix p = prefix_of("10.128.0.0/16");

	add(&a, "10.0.0.0/16", 'a');
	for (long k = 0; k < 2; k++) { /* the node, and the fork above it */
		mem_fail_after(k);
		assert_int_equal(allowed_add(&a, &p, peer_of('b')), -ENOMEM);
		mem_fail_after(-1);
		assert_int_equal(a.nodes, 1);
		assert_int_equal(peer_of('b')->allowed.n, 0);
		check(&a, "10.0.1.1", 'a');
		check(&a, "10.128.1.1", '-');
	}
	assert_int_equal(allowed_add(&a, &p, peer_of('b')), 0);
	assert_int_equal(a.nodes, 3);
	mem_fail_after(0); /* a move needs none */
	assert_int_equal(allowed_add(&a, &p, peer_of('c')), 0);
	mem_fail_after(-1);
	check(&a, "10.128.1.1", 'c');
	clear(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ipv4_lookups_of_the_kernels_table),
		cmocka_unit_test(test_ipv6_lookups_of_the_kernels_table),
		cmocka_unit_test(test_removing_a_peer_leaves_those_around_it),
		cmocka_unit_test(test_a_prefix_moves_and_only_its_owner_can_remove_it),
		cmocka_unit_test(test_prefixes_are_listed_in_the_order_they_were_given),
		cmocka_unit_test(test_every_depth_nests),
		cmocka_unit_test(test_random_operations_agree_with_a_list),
		cmocka_unit_test(test_130560_prefixes_come_and_go_at_once),
		cmocka_unit_test(test_no_memory_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
