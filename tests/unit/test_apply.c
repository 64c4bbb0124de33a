/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/breath.h"
#include "base/bytes.h"
#include "base/log.h"
#include "base/mem.h"
#include "crypto/dh.h"
#include "daemon/apply.h"
#include "daemon/snapshot.h"
#include "diag/label.h"
#include "forced.h"
#include "proto/admin.h"
#include "proto/handshake.h"

/* --- a resolver that answers on demand of the test --- */

struct resolver_request {
	resolver_fn *fn;
	void *ctx;
	unsigned asked;
	bool open;
};

static struct resolver_request questions[8];
static unsigned n_questions;

struct resolver_request *resolver_ask(struct resolver *r, const char *host, uint16_t port,
				      resolver_fn *fn, void *ctx)
{
	struct resolver_request *q = &questions[n_questions++];

	(void)r;
	(void)host;
	(void)port;
	*q = (struct resolver_request){ .fn = fn, .ctx = ctx, .asked = 1, .open = true };
	return q;
}

void resolver_again(struct resolver_request *q)
{
	q->asked++;
}

void resolver_cancel(struct resolver_request *q)
{
	q->open = false;
}

/* --- fixture --- */

static struct tunnel tunnel;
static struct tunnel *const t = &tunnel;
static struct names names;
static struct conf conf, old;
static struct print report;
static struct instant instant_now;
static const struct instant now = { .mono = 5000 * SECOND_NS, .wall = 1700000000 * SECOND_NS };

static bool is_v4(void *ctx, const struct endpoint *end)
{
	(void)ctx;
	return end->remote.sa.sa_family == AF_INET;
}

static int set_up(void **state)
{
	(void)state;
	names = (struct names){ .tunnel = t, .reachable = is_v4 };
	n_questions = 0;
	instant_now = now;
	conf_init(&conf);
	conf_init(&old);
	return tunnel_init(t, &rng_system, 64);
}

static int tear_down(void **state)
{
	(void)state;
	names_forget_all(&names);
	tunnel_fini(t);
	conf_fini(&conf);
	conf_fini(&old);
	print_fini(&report);
	return 0;
}

static struct key key_of(uint8_t first)
{
	return (struct key){ .bytes = { first, 1 } };
}

static struct conf_peer *ask(struct conf *c, uint8_t first, unsigned set)
{
	struct conf_peer *p = conf_add_peer(c);

	assert_non_null(p);
	p->set = CONF_PEER_PUBLIC_KEY | set;
	p->public_key = key_of(first);
	return p;
}

static void allow(struct conf_peer *p, const char *text, bool remove)
{
	struct prefix prefix;

	assert_true(prefix_parse(&prefix, text, strlen(text)));
	assert_true(conf_peer_allow(p, &prefix, remove));
}

static struct endpoint end_of(const char *text)
{
	struct endpoint e;

	assert_true(endpoint_parse(&e, text, strlen(text)));
	return e;
}

/* Carry out the request and begin the next one. */
static void request(void)
{
	assert_int_equal(apply_check(t, &conf), 0);
	assert_int_equal(apply_request(t, &names, &conf, now), 0);
	conf_fini(&conf);
	conf_init(&conf);
}

/* Apply the file; it becomes the old one. */
static void file(void)
{
	print_fini(&report);
	assert_int_equal(apply_file(t, &names, &conf, &old, now, &report), 0);
	conf_fini(&old);
	old = conf;
	conf_init(&conf);
}

static struct peer *peer(uint8_t first)
{
	struct key key = key_of(first);

	return admin_find(t, &key);
}

static void expect_allowed(uint8_t first, const char *all)
{
	const struct allowed_node *node = NULL;
	struct print text = { 0 };

	while ((node = allowed_next(&peer(first)->allowed, node))) {
		char prefix_text[PREFIX_TEXT];
		struct prefix prefix;

		allowed_prefix(node, &prefix);
		prefix_print(prefix_text, &prefix);
		print_add(&text, "%s%s", text.len ? " " : "", prefix_text);
	}
	assert_string_equal(text.chars ? text.chars : "", all);
	print_fini(&text);
}

/* --- requests --- */

static void test_request_makes_a_peer_with_all_it_says(void **state)
{
	struct conf_peer *p = ask(&conf, 1,
				  CONF_PEER_PSK | CONF_PEER_ENDPOINT | CONF_PEER_KEEPALIVE);
	struct endpoint end = end_of("192.0.2.1:7");

	(void)state;
	p->psk = key_of(99);
	p->endpoint = end;
	p->keepalive = 25;
	allow(p, "10.1.2.3/24", false);
	request();
	assert_true(key_equal(&peer(1)->noise->psk, &(struct key){ .bytes = { 99, 1 } }));
	assert_true(endpoint_same_remote(&peer(1)->endpoint, &end));
	assert_int_equal(peer(1)->timers.interval, 25);
	expect_allowed(1, "10.1.2.0/24");
}

static void test_request_changes_only_what_it_names(void **state)
{
	struct conf_peer *p = ask(&conf, 1, CONF_PEER_PSK | CONF_PEER_KEEPALIVE);

	(void)state;
	p->psk = key_of(99);
	p->keepalive = 25;
	allow(p, "10.0.0.0/8", false);
	request();
	allow(ask(&conf, 1, 0), "10.1.0.0/16", false);
	request();
	assert_int_equal(peer(1)->timers.interval, 25);
	assert_false(key_is_zero(&peer(1)->noise->psk));
	expect_allowed(1, "10.0.0.0/8 10.1.0.0/16");
	ask(&conf, 1, CONF_PEER_PSK);
	request();
	assert_true(key_is_zero(&peer(1)->noise->psk));
}

static void test_replace_allowed_ips_drops_the_earlier_ones(void **state)
{
	(void)state;
	allow(ask(&conf, 1, 0), "10.0.0.0/8", false);
	request();
	allow(ask(&conf, 1, CONF_PEER_REPLACE_ALLOWED), "10.1.0.0/16", false);
	request();
	expect_allowed(1, "10.1.0.0/16");
}

static void test_prefix_moves_to_the_last_peer_that_names_it(void **state)
{
	(void)state;
	allow(ask(&conf, 1, 0), "10.0.0.0/8", false);
	allow(ask(&conf, 2, 0), "10.0.0.0/8", false);
	request();
	expect_allowed(1, "");
	expect_allowed(2, "10.0.0.0/8");
}

static void test_minus_takes_a_prefix_from_its_owner_only(void **state)
{
	(void)state;
	allow(ask(&conf, 1, 0), "10.0.0.0/8", false);
	ask(&conf, 2, 0);
	request();
	allow(ask(&conf, 2, 0), "10.0.0.0/8", true);
	request();
	expect_allowed(1, "10.0.0.0/8");
	allow(ask(&conf, 1, 0), "10.0.0.0/8", true);
	request();
	expect_allowed(1, "");
}

static void test_remove_takes_a_peer_and_forgives_an_absent_one(void **state)
{
	(void)state;
	ask(&conf, 1, 0);
	request();
	ask(&conf, 1, CONF_PEER_REMOVE);
	ask(&conf, 2, CONF_PEER_REMOVE);
	request();
	assert_null(peer(1));
	assert_null(peer(2));
}

static void test_update_only_makes_no_peer(void **state)
{
	(void)state;
	ask(&conf, 1, CONF_PEER_UPDATE_ONLY | CONF_PEER_KEEPALIVE)->keepalive = 5;
	request();
	assert_null(peer(1));
	ask(&conf, 1, 0);
	request();
	ask(&conf, 1, CONF_PEER_UPDATE_ONLY | CONF_PEER_KEEPALIVE)->keepalive = 5;
	request();
	assert_int_equal(peer(1)->timers.interval, 5);
}

static void test_replace_peers_leaves_only_those_named(void **state)
{
	(void)state;
	ask(&conf, 1, 0);
	ask(&conf, 2, 0);
	request();
	conf.set |= CONF_REPLACE_PEERS;
	ask(&conf, 2, 0);
	ask(&conf, 3, 0);
	request();
	assert_null(peer(1));
	assert_non_null(peer(2));
	assert_non_null(peer(3));
	assert_int_equal(admin_count(t), 2);
}

static void test_own_key_as_peer_is_passed_over(void **state)
{
	struct key own;

	(void)state;
	conf.set |= CONF_PRIVATE_KEY;
	conf.private_key = key_of(50);
	request();
	own = *admin_public_key(t);
	ask(&conf, 1, 0)->public_key = own;
	ask(&conf, 2, 0);
	request();
	assert_int_equal(admin_count(t), 1);
	assert_non_null(peer(2));
}

static void test_more_peers_than_there_may_be_change_nothing(void **state)
{
	struct conf many;

	(void)state;
	conf_init(&many);
	many.peer = mem_new_array(PEERS_MAX + 1, sizeof(*many.peer));
	many.n_peer = PEERS_MAX + 1;
	assert_int_equal(apply_check(t, &many), -ENOSPC);
	mem_free(many.peer);
	assert_int_equal(admin_count(t), 0);
}

static void test_snapshot_tells_what_runs_in_order(void **state)
{
	struct conf_peer *p = ask(&conf, 2, CONF_PEER_KEEPALIVE);
	struct conf out;

	(void)state;
	p->keepalive = 3;
	allow(p, "10.0.0.0/8", false);
	allow(p, "10.0.0.0/16", false);
	ask(&conf, 1, 0);
	request();
	peer(2)->handshake_wall = 12 * SECOND_NS + 34;
	peer(2)->rx_bytes = 5;
	conf_init(&out);
	assert_int_equal(snapshot(t, &out), 0);
	assert_int_equal(out.set, 0);
	assert_int_equal(out.n_peer, 2);
	assert_int_equal(out.peer[0].public_key.bytes[0], 2);
	assert_int_equal(out.peer[0].keepalive, 3);
	assert_int_equal(out.peer[0].n_allowed, 2);
	assert_int_equal(out.peer[0].allowed[0].prefix.bits, 8);
	assert_int_equal(out.peer[0].handshake_sec, 12);
	assert_int_equal(out.peer[0].handshake_nsec, 34);
	assert_int_equal(out.peer[0].rx_bytes, 5);
	assert_false(out.peer[0].set & CONF_PEER_ENDPOINT);
	assert_int_equal(out.peer[1].public_key.bytes[0], 1);
	conf_fini(&out);
}

/* --- files --- */

static void test_file_removes_peers_that_it_does_not_name(void **state)
{
	(void)state;
	ask(&conf, 1, 0);
	ask(&conf, 2, 0);
	file();
	ask(&conf, 2, 0);
	file();
	assert_null(peer(1));
	assert_non_null(peer(2));
	assert_non_null(strstr(report.chars, "removed"));
	assert_null(strstr(report.chars, "added"));
}

/* A packet may come at each breath: 10.1.0.1 has an owner that the old file or the new one names. */
static void look_for_the_owner(void *ctx)
{
	static const uint8_t at[] = { 10, 1, 0, 1 };
	const struct peer *p = allowed_find4(&t->allowed, at);
	unsigned *breaths = ctx;

	(*breaths)++;
	assert_non_null(p);
	assert_in_range(p->public_key.bytes[0], 1, 2);
}

static void move_network(uint8_t from, uint8_t to, bool stays, bool first)
{
	unsigned breaths = 0;

	allow(ask(&conf, 3, 0), "0.0.0.0/0", false);
	allow(ask(&conf, from, 0), "10.1.0.0/16", false);
	file();
	if (first)
		allow(ask(&conf, to, 0), "10.1.0.0/16", false);
	allow(ask(&conf, 3, 0), "0.0.0.0/0", false);
	if (stays)
		allow(ask(&conf, from, 0), "10.2.0.0/16", false);
	if (!first)
		allow(ask(&conf, to, 0), "10.1.0.0/16", false);
	breath_set(look_for_the_owner, &breaths);
	file();
	look_for_the_owner(&breaths);
	breath_set(NULL, NULL);
	assert_true(breaths > 4);
	assert_int_equal(peer(to)->allowed.n, 1);
}

static void test_networks_of_a_file_always_have_an_owner(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		move_network(1, 2, i & 1, i & 2);
		move_network(2, 1, i & 1, i & 2);
	}
}

static void test_file_leaves_an_unchanged_peer_alone(void **state)
{
	struct endpoint learned = end_of("198.51.100.9:9");
	struct conf_peer *p;
	struct peer *before;

	(void)state;
	for (int i = 0; i < 2; i++) {
		p = ask(&conf, 1, CONF_PEER_ENDPOINT | CONF_PEER_KEEPALIVE | CONF_PEER_PSK);
		p->endpoint = end_of("192.0.2.1:7");
		p->keepalive = 25;
		p->psk = key_of(7);
		allow(p, "10.0.0.1/24", false);
		if (i == 1)
			ask(&conf, 2, 0);
		if (i == 1)
			peer(1)->endpoint = learned;
		before = peer(1);
		file();
	}
	assert_ptr_equal(peer(1), before);
	assert_true(endpoint_same_remote(&peer(1)->endpoint, &learned));
	assert_null(strstr(report.chars, "changed"));
	assert_non_null(strstr(report.chars, "added"));
}

static void file_with_key(uint8_t first)
{
	conf.set |= CONF_PRIVATE_KEY;
	conf.private_key = key_of(first);
	file();
}

static void test_file_reports_a_new_private_key_once(void **state)
{
	(void)state;
	file_with_key(50);
	assert_string_equal(report.chars, "private key changed\n");
	file_with_key(50);
	assert_int_equal(report.len, 0);
	file_with_key(90);
	assert_string_equal(report.chars, "private key changed\n");
}

/* A hook, or wg set, has set it. */
static void test_file_without_a_private_key_leaves_the_one_that_runs(void **state)
{
	struct key ours;

	(void)state;
	file();
	assert_true(key_is_zero(admin_public_key(t)));
	conf.set = CONF_PRIVATE_KEY;
	conf.private_key = key_of(50);
	request();
	ours = *admin_public_key(t);
	assert_false(key_is_zero(&ours));
	ask(&conf, 1, 0);
	file();
	assert_true(key_equal(admin_public_key(t), &ours));
	assert_null(strstr(report.chars, "private key"));
	/* A key of a file may be replaced by that of a hook, too. */
	file_with_key(90);
	ours = *admin_public_key(t);
	file();
	assert_true(key_equal(admin_public_key(t), &ours));
}

static void test_file_without_a_preshared_key_leaves_the_one_that_runs(void **state)
{
	struct conf_peer *p;

	(void)state;
	ask(&conf, 1, 0);
	file();
	ask(&conf, 1, CONF_PEER_PSK)->psk = key_of(99);
	request();
	ask(&conf, 1, 0);
	file();
	assert_true(key_equal(&peer(1)->noise->psk, &(struct key){ .bytes = { 99, 1 } }));
	assert_int_equal(report.len, 0);
	/* What the file says counts, also that it does not say it any more, or says there is none. */
	ask(&conf, 1, CONF_PEER_PSK)->psk = key_of(7);
	file();
	assert_true(key_equal(&peer(1)->noise->psk, &(struct key){ .bytes = { 7, 1 } }));
	ask(&conf, 1, 0);
	file();
	assert_true(key_is_zero(&peer(1)->noise->psk));
	p = ask(&conf, 1, CONF_PEER_PSK);
	p->psk = key_of(99);
	request();
	ask(&conf, 1, CONF_PEER_PSK);
	file();
	assert_true(key_is_zero(&peer(1)->noise->psk));
}

static void test_our_own_key_in_a_file_is_passed_over_and_told(void **state)
{
	struct key ours;

	(void)state;
	file_with_key(50);
	ours = *admin_public_key(t);
	for (int i = 0; i < 2; i++) {
		ask(&conf, 1, CONF_PEER_SELF)->public_key = ours;
		ask(&conf, 2, 0);
		file_with_key(50);
		assert_int_equal(admin_count(t), 1);
		assert_non_null(peer(2));
		assert_true(t->faults.own_key);
	}
	ask(&conf, 2, 0);
	file_with_key(50);
	assert_false(t->faults.own_key);
}

static void test_file_names_a_peer_and_renames_it_without_touching_it(void **state)
{
	static const char *const called[] = { "old", "new", "" };
	struct endpoint learned = end_of("198.51.100.9:9");
	char who[LABEL_PEER];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct conf_peer *p = ask(&conf, 1, CONF_PEER_ENDPOINT);

		p->endpoint = end_of("192.0.2.1:7");
		strcpy(p->name, called[i]);
		file();
		assert_string_equal(peer(1)->note.name, called[i]);
		label_peer(who, peer(1));
		assert_string_equal(who + 8, i == 0 ? " old" : i == 1 ? " new" : "");
		assert_true(i != 0 || strstr(report.chars, " old added\n"));
		assert_true(i != 1 || strstr(report.chars, " new changed\n"));
		if (i)
			assert_true(endpoint_same_remote(&peer(1)->endpoint, &learned));
		peer(1)->endpoint = learned;
	}
}

static void test_file_moves_a_peer_whose_endpoint_it_changed(void **state)
{
	struct endpoint next = end_of("192.0.2.2:8");

	(void)state;
	ask(&conf, 1, CONF_PEER_ENDPOINT)->endpoint = end_of("192.0.2.1:7");
	file();
	ask(&conf, 1, CONF_PEER_ENDPOINT)->endpoint = next;
	file();
	assert_true(endpoint_same_remote(&peer(1)->endpoint, &next));
	assert_non_null(strstr(report.chars, "changed"));
}

static void test_file_takes_back_what_it_says_no_more(void **state)
{
	struct conf_peer *p = ask(&conf, 1, CONF_PEER_KEEPALIVE | CONF_PEER_PSK);

	(void)state;
	p->keepalive = 25;
	p->psk = key_of(7);
	allow(p, "10.0.0.0/24", false);
	allow(p, "10.0.1.0/24", false);
	file();
	allow(ask(&conf, 1, 0), "10.0.1.0/24", false);
	file();
	assert_int_equal(peer(1)->timers.interval, 0);
	assert_true(key_is_zero(&peer(1)->noise->psk));
	expect_allowed(1, "10.0.1.0/24");
}

static void test_file_swaps_prefixes_between_peers(void **state)
{
	(void)state;
	allow(ask(&conf, 1, 0), "10.0.0.0/24", false);
	allow(ask(&conf, 2, 0), "10.0.1.0/24", false);
	file();
	allow(ask(&conf, 1, 0), "10.0.1.0/24", false);
	allow(ask(&conf, 2, 0), "10.0.0.0/24", false);
	file();
	expect_allowed(1, "10.0.1.0/24");
	expect_allowed(2, "10.0.0.0/24");
}

/* --- names --- */

static void name_file(const char *host)
{
	struct conf_peer *p = ask(&conf, 1, CONF_PEER_ENDPOINT);

	p->host = mem_text(host, strlen(host));
	p->port = 7;
	file();
}

static void answer(unsigned which, const char *first, const char *second)
{
	struct endpoint ends[2];

	ends[0] = end_of(first);
	if (second)
		ends[1] = end_of(second);
	questions[which].fn(questions[which].ctx, ends, second ? 2 : 1, NULL, 0);
}

/* n more initiations to the peer have no answer; the shell hears of them. */
static void ask_in_vain(unsigned n)
{
	struct batch batch;
	struct event e;

	if (!t->up)
		admin_private_key(t, &(struct key){ .bytes = { 50 } }, now);
	admin_up(t, now);
	assert_int_equal(batch_init(&batch, 8, 8, 1 << 14), 0);
	for (uint64_t due = peer(1)->initiations_sent + n; peer(1)->initiations_sent < due;) {
		instant_now.mono += 6 * SECOND_NS;
		admin_handshake(t, peer(1), instant_now);
		batch_reset(&batch);
		tunnel_tick(t, &batch, instant_now);
		tunnel_settle(t, &batch, instant_now);
		while (tunnel_event(t, &e)) {
			if (e.kind == EVENT_RETRY && e.n >= 2)
				names_unanswered(&names, &e.peer->public_key);
		}
	}
	batch_fini(&batch);
}

static void expect_end(const char *text)
{
	struct endpoint end = end_of(text);

	assert_true(endpoint_same_remote(&peer(1)->endpoint, &end));
}

static void test_name_gives_the_first_address_that_a_socket_reaches(void **state)
{
	struct event e;

	(void)state;
	name_file("vpn.example");
	assert_int_equal(n_questions, 1);
	assert_false(endpoint_known(&peer(1)->endpoint));
	answer(0, "[2001:db8::1]:7", "192.0.2.1:7");
	expect_end("192.0.2.1:7");
	assert_true(tunnel_event(t, &e));
	assert_int_equal(e.kind, EVENT_TRYING);
	assert_false(tunnel_event(t, &e));
}

static bool is_any(void *ctx, const struct endpoint *end)
{
	(void)ctx;
	return endpoint_known(end);
}

static void test_many_addresses_of_a_family_leave_one_of_the_other(void **state)
{
	struct endpoint ends[REACH_CANDIDATES + 3];

	(void)state;
	names.reachable = is_any;
	for (unsigned i = 0; i < LEN(ends); i++) {
		ends[i] = end_of("[2001:db8::]:7");
		ends[i].remote.v6.sin6_addr.s6_addr[15] = (uint8_t)i;
	}
	ends[LEN(ends) - 1] = end_of("192.0.2.1:7");
	name_file("vpn.example");
	questions[0].fn(questions[0].ctx, ends, LEN(ends), NULL, 0);
	assert_int_equal(peer(1)->reach.n, REACH_CANDIDATES);
	expect_end("[2001:db8::]:7");
	ask_in_vain(REACH_CANDIDATES + 1);
	expect_end("192.0.2.1:7");
}

static void test_name_without_address_keeps_the_reason(void **state)
{
	struct key key = key_of(1);

	(void)state;
	name_file("vpn.example");
	questions[0].fn(questions[0].ctx, NULL, 0, "name does not exist", 8);
	assert_string_equal(names_of(&names, &key)->why, "name does not exist");
	assert_int_equal(names_of(&names, &key)->retry_seconds, 8);
	answer(0, "192.0.2.1:7", NULL);
	assert_string_equal(names_of(&names, &key)->why, "");
}

static void test_unanswered_handshakes_rotate_the_addresses_and_ask_again(void **state)
{
	(void)state;
	name_file("vpn.example");
	answer(0, "192.0.2.1:7", "192.0.2.2:7");
	ask_in_vain(2);
	expect_end("192.0.2.1:7");
	assert_int_equal(questions[0].asked, 1);
	ask_in_vain(1);
	expect_end("192.0.2.2:7");
	assert_int_equal(questions[0].asked, 2);
	ask_in_vain(1);
	expect_end("192.0.2.1:7");
	assert_int_equal(questions[0].asked, 3);
}

static void test_working_session_is_not_moved_by_a_new_answer(void **state)
{
	struct session session = { .send_valid = true, .born = UINT64_MAX / 2 };

	(void)state;
	name_file("vpn.example");
	answer(0, "192.0.2.1:7", NULL);
	peer(1)->keyring.current = &session;
	answer(0, "192.0.2.9:7", NULL);
	expect_end("192.0.2.1:7");
	/* Once it goes unanswered, the new address has its turn. */
	peer(1)->keyring.current = NULL;
	ask_in_vain(3);
	expect_end("192.0.2.9:7");
}

static void test_endpoint_of_the_file_is_tried_again_after_the_peer_moved(void **state)
{
	struct endpoint learned = end_of("198.51.100.9:9");

	(void)state;
	for (int i = 0; i < 2; i++) {
		ask(&conf, 1, CONF_PEER_ENDPOINT)->endpoint = end_of("192.0.2.1:7");
		file();
		if (i == 0)
			handshake_moved(t, peer(1), &learned, now);
	}
	ask_in_vain(2);
	expect_end("198.51.100.9:9");
	ask_in_vain(1);
	expect_end("192.0.2.1:7");
	ask_in_vain(1);
	expect_end("198.51.100.9:9");
}

static void test_endpoint_that_left_the_file_is_not_tried_again(void **state)
{
	struct endpoint learned = end_of("198.51.100.9:9");

	(void)state;
	ask(&conf, 1, CONF_PEER_ENDPOINT)->endpoint = end_of("192.0.2.1:7");
	file();
	handshake_moved(t, peer(1), &learned, now);
	ask(&conf, 1, 0);
	file();
	ask_in_vain(5);
	expect_end("198.51.100.9:9");
}

static void test_name_takes_the_place_of_a_literal_endpoint(void **state)
{
	(void)state;
	ask(&conf, 1, CONF_PEER_ENDPOINT)->endpoint = end_of("192.0.2.1:7");
	file();
	name_file("vpn.example");
	expect_end("192.0.2.1:7"); /* until the name has an address */
	answer(0, "192.0.2.2:7", NULL);
	for (int i = 0; i < 5; i++) {
		expect_end("192.0.2.2:7");
		ask_in_vain(1);
	}
}

static void test_name_is_asked_once_while_the_file_says_the_same(void **state)
{
	(void)state;
	name_file("vpn.example");
	name_file("vpn.example");
	assert_int_equal(n_questions, 1);
	name_file("other.example");
	assert_int_equal(n_questions, 2);
	assert_false(questions[0].open);
	assert_true(questions[1].open);
}

static void test_question_ends_with_its_peer(void **state)
{
	(void)state;
	name_file("vpn.example");
	ask(&conf, 1, CONF_PEER_REMOVE);
	request();
	assert_false(questions[0].open);
}

static void set_own_key(uint8_t first)
{
	conf.set |= CONF_PRIVATE_KEY;
	conf.private_key = key_of(first);
	request();
}

static void test_question_ends_with_a_peer_that_has_our_own_key(void **state)
{
	struct key own;

	(void)state;
	set_own_key(50);
	own = *admin_public_key(t);
	for (int i = 0; i < 2; i++) {
		struct conf_peer *p;

		conf.set = CONF_PRIVATE_KEY; /* none, so that it is not known as our own */
		request();
		p = ask(&conf, 1, CONF_PEER_ENDPOINT);
		p->public_key = own;
		p->host = mem_text("vpn.example", 11);
		p->port = 7;
		file();
		assert_int_equal(n_questions, i + 1);
		assert_true(questions[i].open);
		set_own_key(50);
		assert_int_equal(admin_count(t), 0);
		assert_false(questions[i].open);
		assert_null(names.first);
	}
}

static void test_peer_made_again_by_request_gets_the_name_of_the_file(void **state)
{
	(void)state;
	name_file("vpn.example");
	ask(&conf, 1, CONF_PEER_REMOVE);
	ask(&conf, 1, 0);
	request();
	name_file("vpn.example");
	assert_int_equal(n_questions, 2);
	answer(1, "192.0.2.1:7", NULL);
	expect_end("192.0.2.1:7");
}

static void test_numeric_endpoint_by_request_ends_the_question(void **state)
{
	(void)state;
	name_file("vpn.example");
	answer(0, "192.0.2.1:7", "192.0.2.2:7");
	ask(&conf, 1, CONF_PEER_ENDPOINT)->endpoint = end_of("192.0.2.5:5");
	request();
	assert_false(questions[0].open);
	expect_end("192.0.2.5:5");
	ask_in_vain(5);
	expect_end("192.0.2.5:5");
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		EACH(test_request_makes_a_peer_with_all_it_says),
		EACH(test_request_changes_only_what_it_names),
		EACH(test_replace_allowed_ips_drops_the_earlier_ones),
		EACH(test_prefix_moves_to_the_last_peer_that_names_it),
		EACH(test_minus_takes_a_prefix_from_its_owner_only),
		EACH(test_remove_takes_a_peer_and_forgives_an_absent_one),
		EACH(test_update_only_makes_no_peer),
		EACH(test_replace_peers_leaves_only_those_named),
		EACH(test_own_key_as_peer_is_passed_over),
		EACH(test_more_peers_than_there_may_be_change_nothing),
		EACH(test_snapshot_tells_what_runs_in_order),
		EACH(test_file_removes_peers_that_it_does_not_name),
		EACH(test_networks_of_a_file_always_have_an_owner),
		EACH(test_file_leaves_an_unchanged_peer_alone),
		EACH(test_file_reports_a_new_private_key_once),
		EACH(test_file_without_a_private_key_leaves_the_one_that_runs),
		EACH(test_file_without_a_preshared_key_leaves_the_one_that_runs),
		EACH(test_our_own_key_in_a_file_is_passed_over_and_told),
		EACH(test_file_names_a_peer_and_renames_it_without_touching_it),
		EACH(test_file_moves_a_peer_whose_endpoint_it_changed),
		EACH(test_file_takes_back_what_it_says_no_more),
		EACH(test_file_swaps_prefixes_between_peers),
		EACH(test_name_gives_the_first_address_that_a_socket_reaches),
		EACH(test_name_without_address_keeps_the_reason),
		EACH(test_many_addresses_of_a_family_leave_one_of_the_other),
		EACH(test_unanswered_handshakes_rotate_the_addresses_and_ask_again),
		EACH(test_working_session_is_not_moved_by_a_new_answer),
		EACH(test_endpoint_of_the_file_is_tried_again_after_the_peer_moved),
		EACH(test_endpoint_that_left_the_file_is_not_tried_again),
		EACH(test_name_takes_the_place_of_a_literal_endpoint),
		EACH(test_name_is_asked_once_while_the_file_says_the_same),
		EACH(test_question_ends_with_its_peer),
		EACH(test_question_ends_with_a_peer_that_has_our_own_key),
		EACH(test_peer_made_again_by_request_gets_the_name_of_the_file),
		EACH(test_numeric_endpoint_by_request_ends_the_question),
	};

	log_set_level(LOG_LEVEL_SILENT);
	return forced_aead() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
