/* SPDX-License-Identifier: ISC */
/* Each verdict from made-up facts, and which of two comes first. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "diag/why.h"
#include "forced.h"
#include "proto/admin.h"

enum { NOW_S = 10000 };
static const uint64_t now = NOW_S * SECOND_NS;
static const uint64_t wall = 1800000000 * SECOND_NS;
static const struct key private_key = { .bytes = { 1, 2, 3 } };

#define OURS   "pQ01bBN23tnRATgORbGTE9ExxNDq6QU0SvkhVbfYpUY="
#define THEIRS "CQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static struct tunnel t;
static struct peer *peer;
static struct session session;
static struct why_about about;
static struct why_around around;
static struct verdicts found;

static uint64_t ago(unsigned seconds)
{
	return now - seconds * SECOND_NS;
}

static struct endpoint end_at(const char *text)
{
	struct endpoint e = { 0 };

	assert_true(endpoint_parse(&e, text, strlen(text)));
	return e;
}

static int set_up(void **state)
{
	const struct key theirs = { .bytes = { 9 } };
	const struct instant instant = { .mono = now, .wall = wall };

	(void)state;
	assert_int_equal(tunnel_init(&t, &rng_system, 8), 0);
	admin_private_key(&t, &private_key, instant);
	assert_int_equal(admin_add(&t, &theirs, &peer), 0);
	admin_up(&t, instant);
	peer->endpoint = end_at("192.0.2.1:51820");
	session = (struct session){ .send_valid = true, .receive_valid = true, .born = ago(10) };
	about = (struct why_about){ .name = "wg0", .port = 4711, .mono = now, .wall = wall };
	around = (struct why_around){ .around = { .link_up = true, .have_key = true } };
	found.n = 0;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	if (peer)
		peer->keyring.current = NULL; /* it is ours */
	tunnel_fini(&t);
	return 0;
}

/* The peer was asked so often, and is silent. */
static void ask(unsigned times)
{
	peer->timers.unanswered = times;
	peer->timers.at[TIMER_RETRANSMIT] = now + SECOND_NS;
	peer->sent_at = ago(1);
}

/* There is a session, and it is used. */
static void be_up(void)
{
	peer->keyring.current = &session;
	peer->handshake_at = session.born;
	peer->heard_at = ago(1);
}

static void look(void)
{
	found.n = 0;
	state_of(&around.state, peer, &around.around, now);
	why_tunnel(&found, &t, &about);
	if (!why_ends_there(&found))
		why_peer(&found, &t, &about, peer, &around);
}

static const struct verdict *find(enum why_code code)
{
	for (unsigned i = 0; i < found.n; i++) {
		if (found.verdict[i].code == code)
			return &found.verdict[i];
	}
	return NULL;
}

static bool says(const struct verdict *v, const char *words)
{
	if (strstr(v->what, words) || strstr(v->because, words))
		return true;
	for (unsigned i = 0; i < v->n_steps; i++) {
		if (strstr(v->step[i].text, words))
			return true;
	}
	return false;
}

/* This one alone, and words that are in it. */
static const struct verdict *expect(enum why_code code, enum why_certainty certainty,
				    const char *words)
{
	const struct verdict *v;

	look();
	v = find(code);
	if (!v || found.n != 1)
		print_error("%u verdicts, the first is %s\n", found.n,
			    found.n ? why_code_name(found.verdict[0].code) : "-");
	assert_non_null(v);
	assert_int_equal(found.n, 1);
	assert_int_equal(v->certainty, certainty);
	assert_true(v->n_steps > 0);
	if (!says(v, words))
		print_error("'%s' is not in: %s | %s\n", words, v->what, v->because);
	assert_true(says(v, words));
	return v;
}

static void expect_health(void)
{
	look();
	for (unsigned i = 0; i < found.n; i++)
		print_error("%s: %s\n", why_code_name(found.verdict[i].code),
			    found.verdict[i].what);
	assert_int_equal(found.n, 0);
}

static void test_health_has_no_verdict(void **state)
{
	(void)state;
	be_up();
	expect_health();
	peer->keyring.current = NULL;
	peer->handshake_at = 0;
	expect_health(); /* idle */
}

/* --- too early --- */

/* Too early to tell, and no problem. */
static const struct verdict *expect_early(const char *words)
{
	const struct verdict *v = expect(WHY_TOO_EARLY, WHY_SURE, words);

	assert_false(v->problem);
	assert_true(v->of_peer);
	assert_int_equal(why_count_early(&found), 1);
	return v;
}

static void test_first_question_is_too_early_to_judge(void **state)
{
	const struct verdict *v;

	(void)state;
	ask(1);
	peer->timers.asked_at = ago(4);
	peer->timers.at[TIMER_RETRANSMIT] = now + SECOND_NS + SECOND_NS / 4;
	v = expect_early("192.0.2.1:51820 was asked for a session 4 s ago");
	assert_int_equal(v->age, 4);
	assert_true(says(v, "ask again in 2 s: taut why wg0"));
	/* The gate of five seconds is closed: it will be sent. */
	peer->timers.unanswered = 0;
	assert_int_equal(expect_early("about to be asked")->age, 0);
	/* The second one has gone out, and nothing came. */
	ask(2);
	expect(WHY_SILENCE, WHY_OPEN, "no answer");
	assert_int_equal(why_count_early(&found), 0);
}

static void test_peer_that_was_given_up_stays_a_problem(void **state)
{
	(void)state;
	ask(1);
	peer->note.given_up = ago(60);
	assert_true(expect(WHY_SILENCE, WHY_OPEN, "given up and is asked again")->problem);
	peer->heard_at = ago(30); /* since then it was heard */
	expect_early("asked for a session");
}

static void test_problem_that_is_known_is_told_at_once(void **state)
{
	(void)state;
	ask(1);
	peer->timers.asked_at = ago(0);
	peer->send_error = EPERM;
	faults_refused(&peer->faults, EPERM, ago(0));
	assert_true(expect(WHY_FIREWALL_LOCAL, WHY_SURE, "nft list ruleset")->problem);
	assert_int_equal(why_count_early(&found), 0);
}

static void test_session_that_works_is_never_too_early(void **state)
{
	(void)state;
	be_up();
	ask(1); /* a renewal */
	peer->timers.asked_at = ago(1);
	expect_health();
}

static void test_first_answer_is_too_early_to_judge(void **state)
{
	struct session next = { .send_valid = true, .receive_valid = true, .born = ago(2) };

	(void)state;
	peer->keyring.next = &next;
	peer->faults.unconfirmed = 1;
	peer->faults.unconfirmed_since = ago(2);
	peer->faults.unconfirmed_to = end_at("198.51.100.7:1234");
	/* It has to send something before it is known to be there. */
	memset(&peer->endpoint, 0, sizeof(peer->endpoint));
	assert_int_equal(
		expect_early("198.51.100.7:1234 asked for a session 2 s ago, and was")->age, 2);
	/* Had it missed our answer, it would have asked again. */
	peer->faults.unconfirmed_since = ago(6);
	expect_health();
	peer->keyring.next = NULL; /* it is ours */
}

static void test_name_just_asked_for_is_too_early_to_judge(void **state)
{
	const struct verdict *v;

	(void)state;
	memset(&peer->endpoint, 0, sizeof(peer->endpoint));
	around.around.host = "vpn.example";
	around.around.asked_at = ago(3);
	v = expect_early("asked for the address of vpn.example 3 s ago");
	assert_int_equal(v->age, 3);
	assert_true(says(v, "getent ahosts vpn.example"));
}

/* --- the tunnel as a whole --- */

static void test_interface_that_is_down_outweighs_all(void **state)
{
	(void)state;
	admin_down(&t);
	around.around.link_up = false;
	ask(7);
	expect(WHY_LINK_DOWN, WHY_SURE, "ip link set wg0 up");
}

static void test_missing_private_key_outweighs_all_peers(void **state)
{
	const struct key none = { 0 };
	const struct instant instant = { .mono = now, .wall = wall };

	(void)state;
	admin_private_key(&t, &none, instant);
	around.around.have_key = false;
	ask(7);
	expect(WHY_NO_KEY, WHY_SURE, "taut genkey");
}

static void test_tunnel_without_peers_says_so(void **state)
{
	(void)state;
	admin_remove(&t, peer);
	peer = NULL;
	why_tunnel(&found, &t, &about);
	assert_int_equal(found.n, 1);
	assert_int_equal(found.verdict[0].code, WHY_NO_PEERS);
	/* ...unless the only one was ourselves. */
	t.faults.own_key = true;
	found.n = 0;
	why_tunnel(&found, &t, &about);
	assert_int_equal(found.n, 1);
	assert_int_equal(found.verdict[0].code, WHY_OWN_KEY);
	assert_true(says(&found.verdict[0], OURS));
}

static void test_stranger_is_named_with_key_address_and_how_to_accept_it(void **state)
{
	const struct key key = { .bytes = { 0xff } };
	const struct endpoint from = end_at("198.51.100.7:1234");
	const struct verdict *v;

	(void)state;
	faults_stranger(&t.faults, &key, &from, ago(20));
	v = expect(WHY_UNKNOWN_PEER, WHY_SURE, "198.51.100.7:1234");
	assert_true(says(v, "/wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="));
	assert_true(says(v, "wg set wg0 peer /wA"));
	assert_true(v->problem);
	assert_false(v->of_peer);
	assert_int_equal(v->age, 20);
}

static void test_stranger_is_a_remark_once_all_peers_are_up(void **state)
{
	const struct key key = { .bytes = { 0xff } };
	const struct endpoint from = end_at("198.51.100.7:1234");

	(void)state;
	be_up();
	about.all_well = true;
	faults_stranger(&t.faults, &key, &from, ago(20));
	assert_false(expect(WHY_UNKNOWN_PEER, WHY_SURE, "asks for a session")->problem);
	t.faults.stranger[0].at = ago(301);
	about.all_well = false;
	assert_false(expect(WHY_UNKNOWN_PEER, WHY_SURE, "asks for a session")->problem);
	t.faults.stranger[0].at = ago(3601);
	expect_health();
}

static void test_stranger_that_is_a_peer_by_now_is_forgotten(void **state)
{
	const struct endpoint from = end_at("198.51.100.7:1234");

	(void)state;
	faults_stranger(&t.faults, &peer->public_key, &from, ago(20));
	expect_health();
}

static void test_stranger_at_the_address_of_a_peer_is_told_as_such(void **state)
{
	const struct key key = { .bytes = { 0xff } };

	(void)state;
	faults_stranger(&t.faults, &key, &peer->endpoint, ago(20));
	expect(WHY_UNKNOWN_PEER, WHY_SURE, "the address of the peer " THEIRS);
	/* A missing peer may be the one, even if all others are idle and healthy. */
	about.all_well = true;
	assert_true(expect(WHY_UNKNOWN_PEER, WHY_SURE, THEIRS)->problem);
	peer->heard_at = ago(10);
	assert_false(expect(WHY_UNKNOWN_PEER, WHY_SURE, THEIRS)->problem);
}

static void test_wrong_mac1_of_a_stranger(void **state)
{
	const struct verdict *v;

	(void)state;
	t.faults.mac_at = ago(5);
	t.faults.mac_from = end_at("198.51.100.7:1234");
	t.count[FATE_MAC] = 17;
	v = expect(WHY_MAC1, WHY_LIKELY, "198.51.100.7:1234");
	assert_true(says(v, OURS));
	assert_true(says(v, "17 in all"));
	assert_false(v->of_peer);
	t.faults.mac_at = ago(301);
	expect_health();
}

static void test_packets_for_nobody_are_a_remark(void **state)
{
	struct ip ip;

	(void)state;
	be_up();
	assert_true(ip_parse(&ip, "10.1.2.3", 8));
	faults_no_peer(&t.faults, &ip, ago(3));
	assert_false(expect(WHY_NO_PEER, WHY_SURE, "10.1.2.3")->problem);
}

static void test_own_clock_is_a_hint(void **state)
{
	(void)state;
	be_up();
	about.back_at = ago(60);
	about.back_by = 7200 * SECOND_NS;
	assert_false(expect(WHY_OWN_CLOCK, WHY_HINT, "7200 s")->problem);
	about.back_at = 0;
	about.wall = 86400 * SECOND_NS;
	assert_true(expect(WHY_OWN_CLOCK, WHY_HINT, "before 2024")->problem);
	about.all_well = true;
	assert_false(expect(WHY_OWN_CLOCK, WHY_HINT, "before 2024")->problem);
}

static void test_name_servers_that_are_not_asked_are_told(void **state)
{
	struct status_dns dns = { "10.7.0.2", "~.", "systemd-resolved", "", 0, "", "" };

	(void)state;
	be_up();
	about.dns = &dns;
	look();
	assert_null(find(WHY_DNS));
	dns = (struct status_dns){ "10.7.0.2", "~.", "", "nothing is installed", -ENOENT, "", "" };
	assert_true(expect(WHY_DNS, WHY_SURE, "nothing is installed")->problem);
	assert_true(says(find(WHY_DNS), "install systemd-resolved or openresolv"));
	assert_true(says(find(WHY_DNS), "taut reload wg0"));
	assert_true(says(find(WHY_DNS), "not 10.7.0.2"));
	dns = (struct status_dns){ "10.7.0.2", "~.", "", "resolvectl failed", -EIO, "", "" };
	expect(WHY_DNS, WHY_SURE, "resolvectl status");
	/* It is set, but resolv.conf leads elsewhere. */
	dns = (struct status_dns){ "10.7.0.2", "~.", "systemd-resolved", "", 0, "192.0.2.53", "" };
	assert_true(expect(WHY_DNS, WHY_LIKELY, "192.0.2.53")->problem);
	assert_true(says(find(WHY_DNS), "stub-resolv.conf"));
	dns.by = "resolvconf";
	expect(WHY_DNS, WHY_LIKELY, "resolvconf -u");
	/* All goes into the tunnel but what is asked there. */
	dns.aside = "";
	dns.outside = "2001:db8::53";
	assert_true(expect(WHY_DNS, WHY_SURE, "2001:db8::53")->problem);
	assert_true(says(find(WHY_DNS), "AllowedIPs"));
}

static void test_default_route_without_a_guard_is_a_remark(void **state)
{
	(void)state;
	be_up();
	about.unguarded = true;
	assert_false(expect(WHY_UNGUARDED, WHY_SURE, "modprobe -a nf_tables")->problem);
	about.unguarded = false;
	expect_health();
}

/* --- a peer that is not heard --- */

static void test_name_without_address(void **state)
{
	(void)state;
	memset(&peer->endpoint, 0, sizeof(peer->endpoint));
	around.around.host = "vpn.example";
	around.around.why = "it does not exist";
	around.around.retry_seconds = 8;
	assert_true(expect(WHY_NAME, WHY_SURE, "it does not exist. It is asked again within 8 s")
			    ->problem);
}

static void test_name_whose_servers_are_behind_the_tunnel(void **state)
{
	const struct verdict *v;

	(void)state;
	memset(&peer->endpoint, 0, sizeof(peer->endpoint));
	around.around.host = "vpn.example";
	around.around.why = "no answer from the name servers";
	around.servers = "192.0.2.53 (past the tunnel)";
	v = expect(WHY_NAME, WHY_SURE, "it asks 192.0.2.53 (past the tunnel)");
	assert_true(v->problem);
	around.servers = "10.9.0.1 (routed into the tunnel)";
	around.servers_inside = true;
	v = expect(WHY_NAME_LOOP, WHY_LIKELY, "into wg0: 10.9.0.1 (routed into the tunnel)");
	assert_true(v->problem);
	assert_true(says(v, "in place of vpn.example"));
	expect(WHY_NAME_LOOP, WHY_LIKELY, "as far as possible: no answer from the name servers.");
	around.servers_error = -ENETUNREACH;
	expect(WHY_NAME_LOOP, WHY_LIKELY, "There is no way past it: Network is unreachable.");
	memcpy(around.servers_strict, "eth7", 5);
	v = expect(WHY_RP_FILTER, WHY_LIKELY, "past it: 10.9.0.1 (routed into the tunnel)");
	assert_true(says(v, "sysctl net.ipv4.conf.eth7.rp_filter=2"));
	/* Nothing is known yet. */
	around.around.why = NULL;
	around.around.asked_at = ago(3);
	expect_early("asked for the address of vpn.example 3 s ago");
}

static void test_key_of_low_order(void **state)
{
	(void)state;
	peer->noise->shared_due = true; /* until then nothing is known */
	look();
	assert_null(find(WHY_BAD_KEY));
	peer->noise->shared_due = false; /* it was asked: */
	peer->noise->shared_ok = false;
	expect(WHY_BAD_KEY, WHY_SURE, "low order");
}

static void test_route_into_the_tunnel_itself(void **state)
{
	(void)state;
	ask(3);
	around.loops = true;
	expect(WHY_ROUTE_LOOP, WHY_SURE, "ip route get 192.0.2.1");
}

static void refuse(int err)
{
	peer->send_error = err;
	faults_refused(&peer->faults, err, ago(2));
}

static void test_refused_datagrams_are_told_by_errno(void **state)
{
	static const struct {
		int err;
		enum why_code code;
		const char *words;
	} cases[] = {
		{ EPERM, WHY_FIREWALL_LOCAL, "nft list ruleset" },
		{ ENETUNREACH, WHY_NO_ROUTE, "Network is unreachable" },
		{ EHOSTUNREACH, WHY_NO_ROUTE, "table all type unreachable: does a tunnel" },
		{ EACCES, WHY_NO_ROUTE, "prohibit" },
		{ EINVAL, WHY_NO_ROUTE, "blackhole" },
		{ EAFNOSUPPORT, WHY_NO_FAMILY, "no IPv4" },
		{ EIO, WHY_SEND, "Input/output error" },
	};

	(void)state;
	ask(3);
	for (size_t i = 0; i < LEN(cases); i++) {
		refuse(cases[i].err);
		assert_int_equal(expect(cases[i].code, WHY_SURE, cases[i].words)->age, 2);
	}
	peer->send_error = 0;
	expect(WHY_SILENCE, WHY_OPEN, "no answer");
}

static void told(const char *end, uint8_t type, uint8_t code)
{
	peer->endpoint = end_at(end);
	peer->faults.icmp = (struct faults_icmp){
		.to = peer->endpoint, .type = type, .code = code, .count = 4, .at = ago(2)
	};
	assert_true(ip_parse(&peer->faults.icmp.from, "203.0.113.5", 11));
}

static void test_icmp_is_told_by_its_kind_and_sender(void **state)
{
	static const struct {
		const char *end;
		uint8_t type, code;
		enum why_code why;
		const char *words;
	} cases[] = {
		{ "192.0.2.1:51820", 3, 3, WHY_PORT_CLOSED, "port unreachable (4 in all" },
		{ "192.0.2.1:51820", 3, 13, WHY_FILTERED, "administratively prohibited" },
		{ "192.0.2.1:51820", 3, 9, WHY_FILTERED, "203.0.113.5" },
		{ "192.0.2.1:51820", 3, 1, WHY_UNREACHABLE, "host unreachable" },
		{ "192.0.2.1:51820", 11, 0, WHY_UNREACHABLE, "time exceeded" },
		{ "[2001:db8::1]:51820", 1, 4, WHY_PORT_CLOSED, "port unreachable" },
		{ "[2001:db8::1]:51820", 1, 1, WHY_FILTERED, "administratively prohibited" },
		{ "[2001:db8::1]:51820", 1, 0, WHY_UNREACHABLE, "no route" },
	};

	(void)state;
	ask(3);
	for (size_t i = 0; i < LEN(cases); i++) {
		told(cases[i].end, cases[i].type, cases[i].code);
		expect(cases[i].why, WHY_SURE, cases[i].words);
	}
}

static void test_icmp_that_says_nothing_now_is_left_out(void **state)
{
	(void)state;
	ask(3);
	told("192.0.2.1:51820", 12, 0); /* of no kind that we know */
	expect(WHY_SILENCE, WHY_OPEN, "no answer");
	told("192.0.2.1:51820", 3, 3);
	peer->endpoint = end_at("192.0.2.1:51821"); /* about where it was before */
	expect(WHY_SILENCE, WHY_OPEN, "no answer");
	told("192.0.2.1:51820", 3, 3);
	peer->heard_at = ago(1); /* it was heard since */
	expect(WHY_SILENCE, WHY_OPEN, "no answer");
}

static void test_response_that_does_not_decrypt_is_the_preshared_key(void **state)
{
	const struct verdict *v;

	(void)state;
	ask(3);
	peer->faults.psk_at = ago(2);
	peer->count[FATE_PSK] = 3;
	v = expect(WHY_PSK_MISMATCH, WHY_LIKELY, "(3 times)");
	assert_true(v->problem);
	peer->handshake_at = ago(1); /* it has been put right */
	peer->handshakes = 1;
	expect(WHY_SILENCE, WHY_OPEN, "no answer");
}

static void stamp(uint8_t out[TIMESTAMP_LEN], uint64_t seconds)
{
	uint8_t zero[TIMESTAMP_LEN] = { 0 };

	noise_timestamp(out, seconds * SECOND_NS, zero);
}

static void test_old_timestamps_tell_by_how_much(void **state)
{
	static const struct {
		unsigned back;
		const char *words;
	} cases[] = {
		{ 59, "by 59 s" },
		{ 600, "by 10 min 0 s" },
		{ 3 * 3600 + 120, "by 3 h 2 min" },
		{ 3 * 86400 + 4 * 3600, "by 3 d 4 h" },
	};

	(void)state;
	stamp(peer->latest_timestamp, 1800000000);
	peer->consumed_at = ago(30);
	peer->faults.timestamps = 2;
	peer->faults.timestamp_at = ago(2);
	peer->faults.timestamp_from = end_at("198.51.100.7:1234");
	for (size_t i = 0; i < LEN(cases); i++) {
		stamp(peer->faults.timestamp, 1800000000 - cases[i].back);
		assert_true(expect(WHY_CLOCK, WHY_LIKELY, cases[i].words)->problem);
	}
	peer->faults.timestamps = 1;
	assert_false(expect(WHY_CLOCK, WHY_HINT, "by 3 d 4 h")->problem);
	peer->consumed_at = ago(1); /* it has a right one by now */
	expect_health();
}

static void test_answers_that_are_never_taken_up(void **state)
{
	(void)state;
	peer->consumed_at = ago(2);
	peer->faults.unconfirmed_since = ago(12);
	peer->faults.unconfirmed = 1;
	expect_health();
	peer->faults.unconfirmed = 3;
	peer->faults.unconfirmed_to = end_at("198.51.100.7:1234");
	assert_true(expect(WHY_ONE_WAY, WHY_LIKELY, "asked 3 times within 12 s")->problem);
	expect(WHY_ONE_WAY, WHY_LIKELY, "ip route get 198.51.100.7:");
	be_up(); /* answers are lost on a bad way, and the session before works still */
	assert_false(expect(WHY_ONE_WAY, WHY_LIKELY, "asked 3 times")->problem);
	peer->keyring.current = NULL;
	peer->consumed_at = ago(301);
	expect_health();
}

static void test_wrong_mac1_from_the_peers_address(void **state)
{
	const struct verdict *v;

	(void)state;
	ask(4);
	t.faults.mac_at = ago(5);
	t.faults.mac_from = end_at("192.0.2.1:60000");
	v = expect(WHY_MAC1, WHY_LIKELY, OURS);
	assert_true(v->of_peer);
	peer->timers.at[TIMER_RETRANSMIT] = 0;
	be_up();
	about.all_well = true;
	assert_false(expect(WHY_MAC1, WHY_LIKELY, "Random noise")->problem);
}

static void test_strict_filter_explains_silence(void **state)
{
	(void)state;
	ask(3);
	memcpy(around.strict, "eth7", 5);
	expect(WHY_RP_FILTER, WHY_LIKELY, "sysctl net.ipv4.conf.eth7.rp_filter=2");
	peer->timers.at[TIMER_RETRANSMIT] = 0;
	be_up(); /* answers still come */
	expect_health();
}

static void test_cookies_mean_load(void **state)
{
	(void)state;
	ask(3);
	peer->faults.cookies = 2;
	peer->faults.cookie_at = ago(1);
	expect(WHY_LOAD, WHY_SURE, "(2 so far)");
}

static void test_silence_names_both_keys_and_the_port(void **state)
{
	const struct verdict *v;

	(void)state;
	ask(4);
	v = expect(WHY_SILENCE, WHY_OPEN, "to 4 handshakes");
	assert_true(says(v, OURS));
	assert_true(says(v, THEIRS));
	assert_true(says(v, "UDP port 51820"));
	peer->timers = (struct timers){ .attempts = 19 };
	expect(WHY_SILENCE, WHY_OPEN, "to 20 handshakes");
}

static void test_session_without_an_answer_is_silence_too(void **state)
{
	(void)state;
	be_up();
	peer->heard_at = ago(14);
	peer->timers.at[TIMER_NEW_HANDSHAKE] = ago(13) + NEW_HANDSHAKE_NS;
	expect(WHY_SILENCE, WHY_OPEN, "silent for 14 s");
}

static void test_packets_for_a_peer_without_endpoint(void **state)
{
	(void)state;
	memset(&peer->endpoint, 0, sizeof(peer->endpoint));
	expect_health(); /* it may well call */
	peer->faults.no_endpoint_at = ago(3);
	peer->count[FATE_NO_ENDPOINT] = 5;
	expect(WHY_NO_ENDPOINT, WHY_SURE, "(5 packets dropped)");
}

/* --- a session that works --- */

static void test_forbidden_inner_source_is_named_with_its_owner(void **state)
{
	const struct key other_key = { .bytes = { 0xff } };
	struct prefix prefix;
	struct peer *other;

	(void)state;
	be_up();
	peer->faults.source_at = ago(3);
	peer->count[FATE_SOURCE] = 6;
	assert_true(ip_parse(&peer->refused_source, "10.9.8.7", 8));
	expect(WHY_SOURCE, WHY_SURE, "add 10.9.8.7/32");
	assert_int_equal(admin_add(&t, &other_key, &other), 0);
	assert_true(prefix_parse(&prefix, "10.9.0.0/16", 11));
	assert_int_equal(admin_allow(&t, other, &prefix), 0);
	expect(WHY_SOURCE, WHY_SURE, "belongs to the peer /wA");
	snprintf(other->note.name, sizeof(other->note.name), "laptop");
	expect(WHY_SOURCE, WHY_SURE, "AAAA= laptop.");
	peer->faults.source_at = ago(181);
	expect_health();
}

static void send_in_vain(unsigned packets, unsigned seconds)
{
	peer->faults.unreturned = peer->faults.unanswered = packets;
	peer->faults.unreturned_since = ago(seconds);
}

static void test_data_that_never_returns(void **state)
{
	(void)state;
	be_up();
	send_in_vain(2, 100);
	expect_health();
	send_in_vain(100, 2);
	expect_health();
	send_in_vain(3, 3);
	assert_true(expect(WHY_NO_RETURN, WHY_LIKELY, "no route back")->problem);
	peer->rx_packets = 1; /* it happened once: wait for more */
	expect_health();
	send_in_vain(10, 10);
	expect(WHY_NO_RETURN, WHY_LIKELY, "10 packets");
	peer->faults.unreturned = 5;
	expect_health();
}

static void test_data_that_needs_no_answer_is_a_remark(void **state)
{
	(void)state;
	be_up();
	send_in_vain(1000, 100);
	peer->faults.unanswered = 2; /* of those that ask for one */
	assert_false(expect(WHY_NO_RETURN, WHY_HINT, "may be intended")->problem);
}

static void test_what_hosts_send_by_themselves_is_a_remark(void **state)
{
	static const char *const own[] = { "fe80::1", "::", "169.254.1.2", "0.0.0.0" };

	(void)state;
	be_up();
	peer->faults.source_at = ago(1);
	for (size_t i = 0; i < LEN(own); i++) {
		assert_true(ip_parse(&peer->refused_source, own[i], strlen(own[i])));
		assert_false(expect(WHY_SOURCE, WHY_HINT, own[i])->problem);
		assert_string_equal(around.state.reason, "session works");
	}
}

static void test_answers_with_a_wrong_source_are_not_missing(void **state)
{
	(void)state;
	be_up();
	send_in_vain(50, 50);
	peer->faults.source_at = ago(1);
	assert_true(ip_parse(&peer->refused_source, "10.9.8.7", 8));
	expect(WHY_SOURCE, WHY_SURE, "10.9.8.7");
}

static void test_key_in_two_places(void **state)
{
	const struct endpoint here = end_at("192.0.2.1:51820"), there = end_at("198.51.100.7:1");

	(void)state;
	be_up();
	for (int i = 0; i < 2; i++) {
		faults_moved(&peer->faults, &here, &there, ago(9));
		faults_moved(&peer->faults, &there, &here, ago(9));
	}
	expect_health(); /* three times back: that may be a bad day */
	faults_moved(&peer->faults, &here, &there, ago(8));
	expect(WHY_TWO_PLACES, WHY_LIKELY, "between 192.0.2.1:51820 and 192.0.2.1:51820");
}

/* --- which goes first --- */

static void test_what_is_nearest_to_us_goes_first(void **state)
{
	(void)state;
	ask(9);
	peer->faults.cookie_at = ago(2);
	expect(WHY_LOAD, WHY_SURE, "");
	t.faults.mac_at = ago(2);
	t.faults.mac_from = peer->endpoint;
	expect(WHY_MAC1, WHY_LIKELY, "");
	peer->faults.unconfirmed = 5;
	peer->consumed_at = ago(9);
	expect(WHY_ONE_WAY, WHY_LIKELY, "");
	peer->faults.timestamp_at = ago(2);
	peer->faults.timestamps = 1; /* one alone hides nothing */
	look();
	assert_int_equal(found.n, 2);
	assert_non_null(find(WHY_ONE_WAY));
	peer->faults.timestamps = 2;
	expect(WHY_CLOCK, WHY_LIKELY, "");
	peer->faults.psk_at = ago(2);
	expect(WHY_PSK_MISMATCH, WHY_LIKELY, "");
	told("192.0.2.1:51820", 3, 3);
	expect(WHY_PORT_CLOSED, WHY_SURE, "");
	refuse(EPERM);
	expect(WHY_FIREWALL_LOCAL, WHY_SURE, "");
	around.loops = true;
	expect(WHY_ROUTE_LOOP, WHY_SURE, "");
	peer->noise->shared_due = false;
	peer->noise->shared_ok = false;
	expect(WHY_BAD_KEY, WHY_SURE, "");
}

/* --- what others have taken away --- */

static struct drift drift;

static void take_away(const char *what, const char *by, int error, bool missing)
{
	struct drift_item *d = &drift.item[drift.n++];

	*d = (struct drift_item){ .error = error, .times = 4, .age = 7, .missing = missing };
	snprintf(d->what, sizeof(d->what), "%s", what);
	snprintf(d->by, sizeof(d->by), "%s", by);
	drift.missing += missing;
	about.drift = &drift;
	about.drift_at = ago(2);
	be_up();
}

static void test_what_was_put_back_is_a_remark(void **state)
{
	const struct verdict *v;

	(void)state;
	drift = (struct drift){ 0 };
	take_away("route to 10.1.0.0/16", "ip (process 7)", 0, false);
	v = expect(WHY_DRIFT, WHY_SURE,
		   "route to 10.1.0.0/16 was removed by ip (process 7), and put back");
	assert_false(v->problem);
	assert_int_equal(v->age, 9);
	assert_true(says(v, "put back 4 times"));
	assert_true(says(v, "ip monitor"));
	assert_false(says(v, "taut reload"));
}

static void test_what_is_missing_is_a_problem_and_says_why(void **state)
{
	(void)state;
	drift = (struct drift){ 0 };
	take_away("address 10.9.0.1/24", "", 0, true);
	assert_true(expect(WHY_DRIFT, WHY_SURE, "another program removes it again")->problem);
	expect(WHY_DRIFT, WHY_SURE, "taut reload wg0");
	drift = (struct drift){ 0 };
	take_away("route to 10.1.0.0/16", "", -EEXIST, true);
	assert_true(expect(WHY_DRIFT, WHY_SURE, "has put another in its place")->problem);
	drift = (struct drift){ 0 };
	take_away("address fd09::1/64", "sysctl", -EACCES, true);
	assert_true(expect(WHY_DRIFT, WHY_SURE, "cannot be put back: Permission denied")->problem);
	expect(WHY_DRIFT, WHY_SURE, "sysctl net/ipv6/conf/wg0/disable_ipv6=0");
	drift = (struct drift){ 0 };
	look();
	assert_null(find(WHY_DRIFT));
}

static void test_a_program_that_removes_rules_gets_its_cure(void **state)
{
	(void)state;
	drift = (struct drift){ 0 };
	take_away("IPv4 rule 'x'", "systemd-network (process 812)", 0, false);
	expect(WHY_DRIFT, WHY_SURE, "ManageForeignRoutingPolicyRules=no");
	drift = (struct drift){ 0 };
	take_away("IPv4 rule 'x'", "NetworkManager (process 9)", 0, false);
	expect(WHY_DRIFT, WHY_SURE, "nmcli device set wg0 managed no");
}

static void test_of_many_that_are_missing_a_few_are_named(void **state)
{
	unsigned n = 0;

	(void)state;
	drift = (struct drift){ 0 };
	for (unsigned i = 0; i < DRIFT_ITEMS; i++)
		take_away("route to 10.1.0.0/16", "", 0, true);
	look();
	for (unsigned i = 0; i < found.n; i++)
		n += found.verdict[i].code == WHY_DRIFT;
	assert_int_equal(n, 3);
}

static void test_codes_and_certainties_have_names(void **state)
{
	(void)state;
	for (int i = 0; i < WHY_CODES; i++) {
		assert_memory_equal(why_code_name((enum why_code)i), "E-", 2);
		for (int k = 0; k < i; k++)
			assert_string_not_equal(why_code_name((enum why_code)i),
						why_code_name((enum why_code)k));
	}
	for (int i = 0; i < WHY_CERTAINTIES; i++)
		assert_string_not_equal(why_certainty_name((enum why_certainty)i), "?");
	assert_string_equal(why_code_name(WHY_CODES), "?");
}

/* --- as records --- */

static void test_records_are_as_they_were(void **state)
{
	struct print out = { 0 };

	(void)state;
	ask(3);
	refuse(EPERM);
	look();
	why_print(&out, &found);
	assert_string_equal(
		out.chars,
		"verdict=E-FIREWALL-LOCAL certainty=sure problem=yes peer=" THEIRS " age=2 "
		"what=\"a firewall on this host drops what we send to 192.0.2.1:51820\" "
		"because=\"The kernel refuses the datagrams with EPERM (1 so far): a rule in the "
		"output path or a cgroup filter drops them.\"\n"
		"step=here text=\"nft list ruleset\"\n"
		"step=here text=\"iptables -S OUTPUT; ip6tables -S OUTPUT\"\n"
		"step=here text=\"allow UDP to 192.0.2.1, port 51820\"\n");
	print_fini(&out);
}

static void test_nothing_breaks_out_of_its_quotes(void **state)
{
	struct print out = { 0 };
	unsigned quotes = 0;

	(void)state;
	memset(&peer->endpoint, 0, sizeof(peer->endpoint));
	around.around.host = "a\" problem=no\nverdict=\\";
	look();
	why_print(&out, &found);
	for (const char *c = out.chars; *c; c++)
		quotes += *c == '"';
	assert_int_equal(quotes, 8);
	assert_null(strchr(out.chars, '\\'));
	assert_null(strstr(out.chars, "\nverdict"));
	print_fini(&out);
}

/* Everything that can be reported at once, for a peer with secrets. */
static void test_verdicts_hold_no_secret(void **state)
{
	struct key psk = { .bytes = { 0x55, 0xaa, 0x55 } }, secret;
	char base64[KEY_BASE64_LEN + 1], hex[KEY_HEX_LEN + 1];
	struct print out = { 0 };

	(void)state;
	admin_psk(peer, &psk);
	ask(3);
	peer->faults.psk_at = ago(1);
	t.faults.own_key = true;
	for (uint8_t i = 0; i < FAULTS_STRANGERS; i++) {
		const struct key key = { .bytes = { i, 7 } };

		faults_stranger(&t.faults, &key, &peer->endpoint, ago(i));
	}
	look();
	assert_true(found.n > 2);
	why_print(&out, &found);
	secret = *admin_read_private_key(&t);
	key_to_base64(base64, &secret);
	key_to_hex(hex, &secret);
	assert_null(strstr(out.chars, base64));
	assert_null(strstr(out.chars, hex));
	key_to_base64(base64, &psk);
	key_to_hex(hex, &psk);
	assert_null(strstr(out.chars, base64));
	assert_null(strstr(out.chars, hex));
	print_fini(&out);
}

static void test_list_is_bounded(void **state)
{
	const struct status_dns dns = { "10.7.0.2", "~.", "", "it failed", -EIO, "", "" };

	(void)state;
	ask(3);
	about.dns = &dns;
	t.faults.own_key = true;
	t.faults.no_peer_at = t.faults.mac_at = about.back_at = ago(1);
	t.faults.mac_from = end_at("198.51.100.9:1");
	for (uint8_t i = 0; i < FAULTS_STRANGERS; i++) {
		const struct key key = { .bytes = { i, 7 } };

		faults_stranger(&t.faults, &key, &peer->endpoint, ago(i));
	}
	look();
	assert_int_equal(found.verdict[0].code, WHY_OWN_KEY);
	/* However many strangers knock, nothing else makes room for them. */
	assert_non_null(find(WHY_MAC1));
	assert_non_null(find(WHY_NO_PEER));
	assert_non_null(find(WHY_OWN_CLOCK));
	assert_non_null(find(WHY_DNS));
	assert_non_null(find(WHY_SILENCE));
	why_tunnel(&found, &t, &about);
	assert_int_equal(found.n, WHY_VERDICTS);
	assert_int_equal(found.verdict[0].code, WHY_OWN_KEY);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		EACH(test_health_has_no_verdict),
		EACH(test_first_question_is_too_early_to_judge),
		EACH(test_peer_that_was_given_up_stays_a_problem),
		EACH(test_problem_that_is_known_is_told_at_once),
		EACH(test_session_that_works_is_never_too_early),
		EACH(test_first_answer_is_too_early_to_judge),
		EACH(test_name_just_asked_for_is_too_early_to_judge),
		EACH(test_interface_that_is_down_outweighs_all),
		EACH(test_missing_private_key_outweighs_all_peers),
		EACH(test_tunnel_without_peers_says_so),
		EACH(test_stranger_is_named_with_key_address_and_how_to_accept_it),
		EACH(test_stranger_is_a_remark_once_all_peers_are_up),
		EACH(test_stranger_that_is_a_peer_by_now_is_forgotten),
		EACH(test_stranger_at_the_address_of_a_peer_is_told_as_such),
		EACH(test_wrong_mac1_of_a_stranger),
		EACH(test_packets_for_nobody_are_a_remark),
		EACH(test_own_clock_is_a_hint),
		EACH(test_name_servers_that_are_not_asked_are_told),
		EACH(test_what_was_put_back_is_a_remark),
		EACH(test_what_is_missing_is_a_problem_and_says_why),
		EACH(test_a_program_that_removes_rules_gets_its_cure),
		EACH(test_of_many_that_are_missing_a_few_are_named),
		EACH(test_default_route_without_a_guard_is_a_remark),
		EACH(test_name_without_address),
		EACH(test_name_whose_servers_are_behind_the_tunnel),
		EACH(test_key_of_low_order),
		EACH(test_route_into_the_tunnel_itself),
		EACH(test_refused_datagrams_are_told_by_errno),
		EACH(test_icmp_is_told_by_its_kind_and_sender),
		EACH(test_icmp_that_says_nothing_now_is_left_out),
		EACH(test_response_that_does_not_decrypt_is_the_preshared_key),
		EACH(test_old_timestamps_tell_by_how_much),
		EACH(test_answers_that_are_never_taken_up),
		EACH(test_wrong_mac1_from_the_peers_address),
		EACH(test_strict_filter_explains_silence),
		EACH(test_cookies_mean_load),
		EACH(test_silence_names_both_keys_and_the_port),
		EACH(test_session_without_an_answer_is_silence_too),
		EACH(test_packets_for_a_peer_without_endpoint),
		EACH(test_forbidden_inner_source_is_named_with_its_owner),
		EACH(test_data_that_never_returns),
		EACH(test_data_that_needs_no_answer_is_a_remark),
		EACH(test_what_hosts_send_by_themselves_is_a_remark),
		EACH(test_answers_with_a_wrong_source_are_not_missing),
		EACH(test_key_in_two_places),
		EACH(test_what_is_nearest_to_us_goes_first),
		EACH(test_codes_and_certainties_have_names),
		EACH(test_records_are_as_they_were),
		EACH(test_nothing_breaks_out_of_its_quotes),
		EACH(test_verdicts_hold_no_secret),
		EACH(test_list_is_bounded),
	};

	return forced_aead() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
