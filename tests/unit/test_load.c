/* SPDX-License-Identifier: ISC */
#include "proto/handshake.h"

#include "base/bytes.h"
#include "forced.h"
#include "hex.h"
#include "pair.h"
#include "proto/wire.h"

/* Cookies in both directions, and a side under load. */

static struct picture before, after;

/* An initiation to this side from this port of the other's address: only mac1 is right. */
static struct datagram stranger(struct pair *p, const struct side *to, uint16_t port)
{
	struct datagram d = { .len = sizeof(struct wire_initiation),
			      .from = pair_other(p, to)->at };
	struct cookie_maker maker = { 0 };

	seed_fill(&p->a.seed, d.data, d.len);
	store_le32(d.data, MESSAGE_INITIATION);
	cookie_keys_set(&maker.keys, &to->public_key);
	cookie_add_macs(&maker, d.data, d.len, 1);
	d.from.remote.v4.sin_port = port;
	return d;
}

/* n datagrams arrive in one batch; its answers are settled and discarded. */
static void flood(struct pair *p, struct side *s, uint32_t n)
{
	struct batch *b = &s->batch;

	batch_reset(b);
	for (uint32_t i = 0; i < n; i++) {
		struct datagram d = stranger(p, s, (uint16_t)(i + 1));
		uint8_t *data = batch_carve(b, d.len);
		struct endpoint *from = batch_end(b);
		struct pkt *pkt;

		memcpy(data, d.data, d.len);
		*from = d.from;
		pkt = batch_point(b, data, d.len);
		pkt->end = from;
	}
	tunnel_open(&s->t, b, p->now);
	tunnel_settle(&s->t, b, p->now);
}

/* Process what waits, without advancing the clock. */
static void drain(struct pair *p, struct side *s)
{
	while (s->t.hsqueue.n)
		side_tick(p, s);
	side_forget(s);
}

static void overload(struct pair *p, struct side *s)
{
	flood(p, s, HSQUEUE_LOAD + 10);
	drain(p, s);
	assert_true(p->now.mono < s->t.under_load_until);
}

static void test_a_full_batch_of_handshakes_means_load_and_cookies(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct datagram d;

	flood(p, &p->b, HSQUEUE_LOAD - 1); /* not yet */
	assert_int_equal(p->b.t.count[FATE_HANDSHAKE], HSQUEUE_LOAD - 1);
	drain(p, &p->b);
	assert_int_equal(p->b.t.count[FATE_COOKIE_SENT], 0);
	assert_int_equal(p->b.t.count[FATE_NOISE], HSQUEUE_LOAD - 1);
	flood(p, &p->b, HSQUEUE_LOAD); /* now */
	assert_true(p->b.t.count[FATE_COOKIE_SENT] > 0);
	assert_int_equal(tunnel_deadline(&p->b.t), 0); /* the rest waits for its turn */
	drain(p, &p->b);
	assert_int_equal(p->b.t.count[FATE_COOKIE_SENT], HSQUEUE_LOAD);
	d = stranger(p, &p->b, 5);
	assert_int_equal(side_hear(p, &p->b, &d), FATE_COOKIE_SENT);
	d = side_take(&p->b, MESSAGE_COOKIE);
	assert_int_equal(d.len, 64); /* smaller than the message that it answers */
	assert_int_equal(d.tos, 0);
	assert_int_equal(d.to.remote.v4.sin_port, 5);
	pair_free(p);
}

static void test_load_ends_a_second_after_the_last_of_it(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct datagram d = stranger(p, &p->b, 1);
	uint64_t until;

	overload(p, &p->b);
	until = p->b.t.under_load_until;
	assert_true(until == p->now.mono + SECOND_NS);
	pair_pass(p, SECOND_NS - 1);
	assert_int_equal(side_hear(p, &p->b, &d), FATE_COOKIE_SENT);
	pair_pass(p, 1);
	assert_int_equal(side_hear(p, &p->b, &d), FATE_NOISE);
	pair_free(p);
}

/* Nothing of it waits any more, but that is no reason to let it in again each second. */
static void test_load_lasts_as_long_as_a_flood(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	uint64_t looked_at;

	overload(p, &p->b);
	looked_at = p->b.t.count[FATE_NOISE];
	for (int i = 0; i < 120; i++) {
		pair_pass(p, SECOND_NS / 40);
		flood(p, &p->b, HSQUEUE_LOAD / 2);
		drain(p, &p->b);
	}
	assert_int_equal(p->b.t.count[FATE_NOISE], looked_at);
	/* Few callers are no flood, also if they go on for long. */
	for (int i = 0; i < 30; i++) {
		pair_pass(p, SECOND_NS / 10);
		flood(p, &p->b, HSQUEUE_LOAD / 2);
		drain(p, &p->b);
	}
	assert_in_range(p->b.t.count[FATE_NOISE] - looked_at, 15 * HSQUEUE_LOAD / 2,
			29 * HSQUEUE_LOAD / 2);
	pair_free(p);
}

static void test_a_flood_takes_no_place_in_the_lane_and_data_passes(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct datagram d;

	pair_connect(p);
	for (int i = 0; i < 16; i++) {
		flood(p, &p->b, 100); /* with its answers it fits into a batch */
		assert_true(p->b.t.hsqueue.n <= HSQUEUE_LOAD);
	}
	drain(p, &p->b);
	assert_int_equal(p->b.t.count[FATE_HSQUEUE_FULL], 0);
	/* Before there was load, some were worked on. All come from one network. */
	assert_int_equal(p->b.t.count[FATE_COOKIE_SENT], COOKIES_PREFIX);
	assert_int_equal(p->b.t.count[FATE_RATE],
			 16 * 100 - COOKIES_PREFIX - p->b.t.count[FATE_NOISE]);
	assert_true(p->b.t.count[FATE_NOISE] < 10);
	side_send(p, &p->a, 84);
	d = side_take(&p->a, MESSAGE_DATA);
	assert_int_equal(side_hear(p, &p->b, &d), FATE_DEV);
	assert_int_equal(side_send(p, &p->b, 84), FATE_NET);
	pair_free(p);
}

static void test_under_load_a_wrong_mac1_is_not_answered(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct datagram d;

	overload(p, &p->b);
	for (size_t bit = offsetof(struct wire_initiation, macs) * 8;
	     bit < offsetof(struct wire_initiation, macs.mac2) * 8; bit++) {
		d = stranger(p, &p->b, 7);
		hex_flip(d.data, bit);
		assert_int_equal(side_hear(p, &p->b, &d), FATE_MAC);
	}
	assert_int_equal(p->b.n_log, 0);
	pair_free(p);
}

/* How an honest initiator gets through under load: a cookie, the usual 5 s, mac2. */
static void test_a_cookie_leads_through_the_load(void **state)
{
	(void)state;
	struct pair *p = pair_new(true);
	struct datagram d;
	uint64_t start = p->now.mono;

	side_send(p, &p->a, 84);
	d = side_take(&p->a, MESSAGE_INITIATION);
	overload(p, &p->b);
	assert_int_equal(side_hear(p, &p->b, &d), FATE_COOKIE_SENT);
	d = side_take(&p->b, MESSAGE_COOKIE);
	assert_int_equal(side_hear(p, &p->a, &d), FATE_CONSUMED);
	assert_int_equal(p->a.out.n, 0); /* no retransmission at once */
	p->cut = true;
	pair_run(p, 5 * SECOND_NS - 1);
	assert_int_equal(p->a.n_log, 1);
	p->cut = false;
	while (p->a.n_log == 1) {
		pair_pass(p, MILLI_NS);
		side_tick(p, &p->a);
	}
	assert_true(p->now.mono - start <= 5334 * MILLI_NS);
	d = side_take(&p->a, MESSAGE_INITIATION);
	overload(p, &p->b);
	for (size_t bit = offsetof(struct wire_initiation, macs.mac2) * 8; bit < 148 * 8; bit++) {
		hex_flip(d.data, bit);
		assert_int_equal(side_hear(p, &p->b, &d), FATE_COOKIE_SENT);
		hex_flip(d.data, bit);
	}
	d.from.remote.v4.sin_port ^= 256; /* not from another port either */
	assert_int_equal(side_hear(p, &p->b, &d), FATE_COOKIE_SENT);
	d.from = p->a.at;
	p->b.out.n = 0;
	assert_int_equal(side_hear(p, &p->b, &d), FATE_CONSUMED);
	pair_pump(p);
	assert_int_equal(p->b.dev.n, 1);
	assert_int_equal(p->b.peer->rx_bytes, 148 + 128); /* cookies count nowhere */
	assert_int_equal(p->b.peer->tx_bytes, 92);
	assert_int_equal(p->a.peer->rx_bytes, 92);
	pair_free(p);
}

static void test_a_good_mac2_passes_20_times_a_second_and_source(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct cookie_maker *maker = &p->a.peer->cookie;
	struct datagram d = stranger(p, &p->b, p->a.at.remote.v4.sin_port), reply;

	overload(p, &p->b);
	assert_int_equal(side_hear(p, &p->b, &d), FATE_COOKIE_SENT);
	reply = side_take(&p->b, MESSAGE_COOKIE);
	cookie_add_macs(maker, d.data, d.len, p->now.mono);
	assert_true(cookie_take(maker, (const struct wire_cookie *)reply.data, p->now.mono));
	cookie_add_macs(maker, d.data, d.len, p->now.mono);
	for (int i = 0; i < 5; i++) /* its content is junk, but that is detected later */
		assert_int_equal(side_hear(p, &p->b, &d), FATE_NOISE);
	assert_int_equal(side_hear(p, &p->b, &d), FATE_RATE);
	pair_pass(p, 50 * MILLI_NS);
	assert_int_equal(side_hear(p, &p->b, &d), FATE_NOISE);
	assert_int_equal(side_hear(p, &p->b, &d), FATE_RATE);
	assert_int_equal(p->b.n_log, 1); /* no reply to what is too much */
	pair_pass(p, SECOND_NS);
	for (int i = 0; i < 20; i++) /* without load nobody counts */
		assert_int_equal(side_hear(p, &p->b, &d), FATE_NOISE);
	pair_free(p);
}

/*
 * The initiator may be the one under load: its cookie answers our response, whose
 * index is a session's.
 */
static void test_a_cookie_for_a_response_is_taken(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct datagram d, again;

	side_send(p, &p->a, 84);
	d = side_take(&p->a, MESSAGE_INITIATION);
	side_hear(p, &p->b, &d);
	d = side_take(&p->b, MESSAGE_RESPONSE);
	overload(p, &p->a);
	assert_int_equal(side_hear(p, &p->a, &d), FATE_COOKIE_SENT);
	assert_true(p->a.peer->pending->waiting);
	d = side_take(&p->a, MESSAGE_COOKIE);
	assert_int_equal(side_hear(p, &p->b, &d), FATE_CONSUMED);
	assert_true(p->b.peer->cookie.valid);
	assert_int_equal(p->b.t.cookies_received, 1);
	pair_pass(p, 6 * SECOND_NS);
	side_tick(p, &p->a);
	again = side_take(&p->a, MESSAGE_INITIATION);
	side_hear(p, &p->b, &again);
	d = side_take(&p->b, MESSAGE_RESPONSE);
	overload(p, &p->a);
	assert_int_equal(side_hear(p, &p->a, &d), FATE_CONSUMED); /* this one carried mac2 */
	pair_free(p);
}

static void test_a_cookie_reply_changes_the_cookie_and_nothing_else(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct datagram d, reply;
	struct cookie_maker cookie;

	side_send(p, &p->a, 84);
	d = side_take(&p->a, MESSAGE_INITIATION);
	overload(p, &p->b);
	side_hear(p, &p->b, &d);
	reply = side_take(&p->b, MESSAGE_COOKIE);
	reply.from.remote.v4.sin_port ^= 1; /* not even from the right place */
	side_forget(&p->a);
	pair_pass(p, SECOND_NS);
	side_picture(&p->a, &before);
	cookie = p->a.peer->cookie;
	for (size_t bit = 32; bit < reply.len * 8; bit++) {
		hex_flip(reply.data, bit);
		assert_int_equal(side_hear(p, &p->a, &reply),
				 bit < 64 ? FATE_NO_HANDSHAKE : FATE_COOKIE);
		hex_flip(reply.data, bit);
	}
	side_picture(&p->a, &after);
	assert_int_equal(before.len, after.len);
	assert_memory_equal(before.bytes, after.bytes, before.len);
	assert_int_equal(side_hear(p, &p->a, &reply), FATE_CONSUMED);
	assert_int_equal(side_hear(p, &p->a, &reply), FATE_COOKIE); /* once */
	assert_true(p->a.peer->cookie.valid);
	p->a.peer->cookie = cookie;
	p->a.t.cookies_received = 0;
	side_picture(&p->a, &after);
	assert_memory_equal(before.bytes, after.bytes, before.len);
	assert_int_equal(p->a.n_log, 0);
	pair_free(p);
}

static int set_up(void **state)
{
	(void)state;
	return forced_aead();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_full_batch_of_handshakes_means_load_and_cookies),
		cmocka_unit_test(test_load_ends_a_second_after_the_last_of_it),
		cmocka_unit_test(test_load_lasts_as_long_as_a_flood),
		cmocka_unit_test(test_a_flood_takes_no_place_in_the_lane_and_data_passes),
		cmocka_unit_test(test_under_load_a_wrong_mac1_is_not_answered),
		cmocka_unit_test(test_a_cookie_leads_through_the_load),
		cmocka_unit_test(test_a_good_mac2_passes_20_times_a_second_and_source),
		cmocka_unit_test(test_a_cookie_for_a_response_is_taken),
		cmocka_unit_test(test_a_cookie_reply_changes_the_cookie_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
