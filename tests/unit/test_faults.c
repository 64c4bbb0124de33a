/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "forced.h"
#include "proto/admin.h"
#include "proto/faults.h"
#include "proto/limits.h"

static const uint64_t start = 1000 * SECOND_NS;

static struct endpoint end_at(const char *text)
{
	struct endpoint e = { 0 };

	assert_true(endpoint_parse(&e, text, strlen(text)));
	return e;
}

static void test_refusals_are_counted_by_errno(void **state)
{
	struct faults t = { 0 };

	(void)state;
	faults_refused(&t, EPERM, 1);
	faults_refused(&t, ENETUNREACH, 2);
	faults_refused(&t, EPERM, 3);
	assert_int_equal(t.send[0].err, EPERM);
	assert_int_equal(t.send[0].count, 2);
	assert_int_equal(t.send[0].at, 3);
	assert_int_equal(t.send[1].err, ENETUNREACH);
	assert_int_equal(t.send[1].count, 1);
}

static void test_errno_seen_longest_ago_makes_room(void **state)
{
	struct faults t = { 0 };

	(void)state;
	for (int err = 1; err <= FAULTS_ERRORS; err++)
		faults_refused(&t, err, (uint64_t)err);
	faults_refused(&t, 1, 100); /* no more the oldest: that is 2 */
	faults_refused(&t, 99, 101);
	assert_int_equal(t.send[0].err, 1);
	assert_int_equal(t.send[0].count, 2);
	assert_int_equal(t.send[1].err, 99);
	assert_int_equal(t.send[1].count, 1);
}

static void test_only_full_queues_pass(void **state)
{
	(void)state;
	assert_true(faults_passes(EAGAIN));
	assert_true(faults_passes(ENOBUFS));
	assert_false(faults_passes(EPERM));
	assert_false(faults_passes(ENETUNREACH));
}

static void test_moving_on_is_no_flipping(void **state)
{
	const char *const places[] = { "192.0.2.1:1", "192.0.2.2:1", "192.0.2.3:1", "192.0.2.4:1" };
	struct faults t = { 0 };

	(void)state;
	for (size_t i = 0; i + 1 < LEN(places); i++) {
		struct endpoint from = end_at(places[i]), to = end_at(places[i + 1]);

		faults_moved(&t, &from, &to, start + i);
	}
	assert_int_equal(faults_flips(&t, start + 9), 0);
}

static void test_going_back_and_forth_is_counted_for_two_minutes_at_most(void **state)
{
	struct endpoint here = end_at("192.0.2.1:1"), there = end_at("192.0.2.2:1");
	struct faults t = { 0 };

	(void)state;
	faults_moved(&t, &here, &there, start);
	for (unsigned i = 0; i < 5; i++) {
		faults_moved(&t, &there, &here, start + 2 * i * SECOND_NS);
		faults_moved(&t, &here, &there, start + (2 * i + 1) * SECOND_NS);
	}
	assert_int_equal(faults_flips(&t, start + 10 * SECOND_NS), 10);
	assert_int_equal(faults_flips(&t, start + 61 * SECOND_NS), 10);
	assert_int_equal(faults_flips(&t, start + 121 * SECOND_NS), 0);
}

static void test_strangers_are_eight_at_most_and_the_oldest_goes(void **state)
{
	const struct endpoint from = end_at("192.0.2.1:1");
	struct faults_tunnel t = { 0 };
	struct key key = { 0 };

	(void)state;
	for (uint8_t i = 0; i < 20; i++) {
		key.bytes[0] = i;
		faults_stranger(&t, &key, &from, start + i);
	}
	for (unsigned i = 0; i < FAULTS_STRANGERS; i++)
		assert_true(t.stranger[i].key.bytes[0] >= 20 - FAULTS_STRANGERS);
	key.bytes[0] = 15;
	faults_stranger(&t, &key, &from, start + 30);
	for (unsigned i = 0; i < FAULTS_STRANGERS; i++)
		assert_int_equal(t.stranger[i].count, t.stranger[i].key.bytes[0] == 15 ? 2 : 1);
}

static void test_stranger_is_news_once_an_hour(void **state)
{
	const struct key key = { .bytes = { 7 } };
	const struct endpoint end = end_at("192.0.2.1:1");
	struct faults_tunnel t = { 0 };

	(void)state;
	for (unsigned s = 0; s < 7300; s += 5)
		assert_int_equal(faults_stranger(&t, &key, &end, start + s * SECOND_NS),
				 s % 3600 == 0);
}

static void test_packets_for_many_are_nobodys_fault(void **state)
{
	static const char *const many[] = { "224.0.0.22", "255.255.255.255", "ff02::16" };
	struct faults_tunnel t = { 0 };
	struct ip ip;

	(void)state;
	for (size_t i = 0; i < LEN(many); i++) {
		assert_true(ip_parse(&ip, many[i], strlen(many[i])));
		faults_no_peer(&t, &ip, start);
		assert_int_equal(t.no_peer_at, 0);
	}
	assert_true(ip_parse(&ip, "10.0.0.1", 8));
	faults_no_peer(&t, &ip, start);
	assert_int_equal(t.no_peer_at, start);
	assert_true(ip_equal(&t.no_peer_to, &ip));
}

static void test_packets_for_groups_want_nothing_back(void **state)
{
	static const struct {
		const char *to;
		uint8_t protocol, type;
		unsigned unreturned, unanswered;
	} rows[] = {
		{ "ff02::2", 58, 133, 0, 0 },   /* router solicitation */
		{ "ff02::16", 0, 0, 0, 0 },     /* listener report */
		{ "224.0.0.251", 17, 0, 0, 0 }, /* mDNS */
		{ "255.255.255.255", 17, 0, 0, 0 }, { "fd07::2", 17, 0, 1, 0 },
		{ "10.7.0.2", 17, 0, 1, 0 },        { "10.7.0.2", 6, 0, 1, 1 },
		{ "10.7.0.2", 1, 8, 1, 1 },         { "10.7.0.2", 1, 3, 1, 0 },
		{ "fd07::2", 6, 0, 1, 1 },          { "fd07::2", 58, 128, 1, 1 },
		{ "fd07::2", 58, 129, 1, 0 },
	};

	(void)state;
	for (size_t i = 0; i < LEN(rows); i++) {
		struct faults t = { 0 };
		uint8_t packet[48] = { 0 };
		struct ip to;
		bool v6;

		assert_true(ip_parse(&to, rows[i].to, strlen(rows[i].to)));
		v6 = to.family == AF_INET6;
		packet[0] = v6 ? 0x60 : 0x45;
		packet[v6 ? 6 : 9] = rows[i].protocol;
		packet[v6 ? 40 : 20] = rows[i].type;
		memcpy(packet + (v6 ? 24 : 16), to.bytes, v6 ? 16 : 4);
		faults_sent(&t, packet, sizeof(packet), start);
		faults_sent(&t, packet, v6 ? 40 : 20, start + 1); /* nothing behind the header */
		assert_int_equal(t.unreturned, 2 * rows[i].unreturned);
		assert_int_equal(t.unanswered,
				 rows[i].unanswered + (rows[i].protocol == IPPROTO_TCP));
		assert_int_equal(t.unreturned_since, rows[i].unreturned ? start : 0);
		faults_returned(&t);
		assert_int_equal(t.unreturned + t.unanswered + t.unreturned_since, 0);
	}
}

static void test_sources_of_the_link_hide_no_other(void **state)
{
	const struct ip own = { .family = AF_INET6, .bytes = { 0xfe, 0x80 } };
	const struct ip other = { .family = AF_INET, .bytes = { 10, 9, 8, 7 } };
	struct peer p = { 0 };

	(void)state;
	faults_source(&p, &own, start);
	assert_true(ip_equal(&p.refused_source, &own));
	faults_source(&p, &other, start + 1);
	faults_source(&p, &own, start + 179 * SECOND_NS);
	assert_true(ip_equal(&p.refused_source, &other));
	assert_int_equal(p.faults.source_at, start + 1);
	faults_source(&p, &own, start + 181 * SECOND_NS);
	assert_true(ip_equal(&p.refused_source, &own));
}

static struct peer *add(struct tunnel *t, uint8_t first, const char *end)
{
	const struct key key = { .bytes = { first } };
	const struct endpoint to = end_at(end);
	struct peer *p;

	assert_int_equal(admin_add(t, &key, &p), 0);
	admin_endpoint(t, p, &to);
	return p;
}

static void test_icmp_finds_its_peer_by_address_and_port(void **state)
{
	struct faults_icmp icmp = { .type = 3, .code = 3, .to = end_at("192.0.2.2:2") };
	struct tunnel t;
	struct peer *a, *b;

	(void)state;
	assert_int_equal(tunnel_init(&t, &rng_system, 8), 0);
	a = add(&t, 1, "192.0.2.1:2");
	b = add(&t, 2, "192.0.2.2:2");
	faults_told(&t, &icmp, start);
	faults_told(&t, &icmp, start + 1);
	assert_int_equal(a->faults.icmp.count, 0);
	assert_int_equal(b->faults.icmp.count, 2);
	assert_int_equal(b->faults.icmp.at, start + 1);
	icmp.to = end_at("192.0.2.2:3");
	faults_told(&t, &icmp, start);
	assert_int_equal(b->faults.icmp.count, 2);
	assert_int_equal(t.faults.icmp, 3);
	assert_int_equal(t.faults.icmp_unmatched, 1);
	tunnel_fini(&t);
}

/* Anybody can forge it. */
static void test_flood_of_icmp_hides_none_about_a_peer(void **state)
{
	const struct faults_icmp icmp = { .type = 3, .code = 3, .to = end_at("192.0.2.9:9") };
	const struct faults_icmp known = { .type = 3, .code = 3, .to = end_at("192.0.2.1:1") };
	struct tunnel t;
	struct peer *p;

	(void)state;
	assert_int_equal(tunnel_init(&t, &rng_system, 8), 0);
	p = add(&t, 1, "192.0.2.1:1");
	for (uint8_t i = 2; i < 100; i++)
		add(&t, i, "192.0.2.2:1");
	for (unsigned i = 0; i < 10000; i++)
		faults_told(&t, &icmp, start);
	faults_told(&t, &known, start);
	assert_int_equal(p->faults.icmp.count, 1);
	assert_int_equal(t.faults.icmp_unmatched, 10000);
	tunnel_fini(&t);
}

static void test_own_key_as_peer_is_remembered_until_it_is_mended(void **state)
{
	const struct instant now = { .mono = start, .wall = 1 };
	const struct key private_key = { .bytes = { 1, 2, 3 } };
	struct key own;
	struct tunnel t;
	struct peer *p;

	(void)state;
	assert_int_equal(tunnel_init(&t, &rng_system, 8), 0);
	admin_private_key(&t, &private_key, now);
	own = *admin_public_key(&t);
	assert_false(t.faults.own_key);
	assert_int_equal(admin_add(&t, &own, &p), -EINVAL);
	assert_true(t.faults.own_key);
	admin_mend_own_key(&t);
	assert_false(t.faults.own_key);
	tunnel_fini(&t);
	/* The other order: first the peer, then the key. */
	assert_int_equal(tunnel_init(&t, &rng_system, 8), 0);
	assert_int_equal(admin_add(&t, &own, &p), 0);
	admin_private_key(&t, &private_key, now);
	assert_int_equal(admin_count(&t), 0);
	assert_true(t.faults.own_key);
	tunnel_fini(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refusals_are_counted_by_errno),
		cmocka_unit_test(test_errno_seen_longest_ago_makes_room),
		cmocka_unit_test(test_only_full_queues_pass),
		cmocka_unit_test(test_moving_on_is_no_flipping),
		cmocka_unit_test(test_going_back_and_forth_is_counted_for_two_minutes_at_most),
		cmocka_unit_test(test_strangers_are_eight_at_most_and_the_oldest_goes),
		cmocka_unit_test(test_stranger_is_news_once_an_hour),
		cmocka_unit_test(test_packets_for_many_are_nobodys_fault),
		cmocka_unit_test(test_packets_for_groups_want_nothing_back),
		cmocka_unit_test(test_sources_of_the_link_hide_no_other),
		cmocka_unit_test(test_icmp_finds_its_peer_by_address_and_port),
		cmocka_unit_test(test_flood_of_icmp_hides_none_about_a_peer),
		cmocka_unit_test(test_own_key_as_peer_is_remembered_until_it_is_mended),
	};

	return forced_aead() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
