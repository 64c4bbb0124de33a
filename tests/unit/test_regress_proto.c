/* SPDX-License-Identifier: ISC */
#include "proto/tunnel.h"

#include "base/bytes.h"
#include "forced.h"
#include "hex.h"
#include "pair.h"
#include "proto/handshake.h"
#include "proto/wire.h"

/* Fixed bugs, each with the test that would have found it. */

/* n copies of one datagram arrive in one batch; answers are discarded. */
static void hear_often(struct pair *p, struct side *s, const struct datagram *d, uint32_t n)
{
	struct batch *b = &s->batch;

	batch_reset(b);
	for (uint32_t i = 0; i < n; i++) {
		uint8_t *data = batch_carve(b, d->len);
		struct endpoint *from = batch_end(b);
		struct pkt *pkt;

		memcpy(data, d->data, d->len);
		*from = d->from;
		pkt = batch_point(b, data, d->len);
		pkt->end = from;
	}
	tunnel_open(&s->t, b, p->now);
	tunnel_settle(&s->t, b, p->now);
}

/*
 * A cookie reply has no mac1.  Anyone who has read an index off the wire may send any
 * number of them: they must neither fill the lane nor make us want cookies.
 */
static void test_cookie_rubbish_takes_no_place_in_the_lane(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct datagram d, junk = { .len = sizeof(struct wire_cookie), .from = p->b.at };

	side_send(p, &p->b, 84);
	d = side_take(&p->b, MESSAGE_INITIATION);
	store_le32(junk.data, MESSAGE_COOKIE);
	memcpy(junk.data + 4, d.data + 4, 4);
	for (int i = 0; i < 10; i++)
		hear_often(p, &p->b, &junk, 200);
	assert_int_equal(p->b.t.hsqueue.n, 0);
	assert_int_equal(p->b.t.count[FATE_COOKIE], 10 * 200);
	assert_int_equal(p->b.t.count[FATE_HSQUEUE_FULL], 0);
	assert_true(p->b.t.under_load_until == 0);
	side_hear(p, &p->a, &d);
	d = side_take(&p->a, MESSAGE_RESPONSE);
	assert_int_equal(side_hear(p, &p->b, &d), FATE_CONSUMED);
	pair_free(p);
}

/*
 * A response that was held back on its way.  Once the other side's handshake has
 * led to a session, it must not replace that one with keys that are old there.
 */
static void test_a_held_back_response_comes_too_late_for_a_confirmed_session(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct datagram from_a, from_b, held, d;
	struct session *session;

	side_send(p, &p->a, 84);
	side_send(p, &p->b, 84);
	from_a = side_take(&p->a, MESSAGE_INITIATION);
	from_b = side_take(&p->b, MESSAGE_INITIATION);
	side_hear(p, &p->b, &from_a);
	held = side_take(&p->b, MESSAGE_RESPONSE);
	side_hear(p, &p->a, &from_b);
	d = side_take(&p->a, MESSAGE_RESPONSE);
	side_hear(p, &p->b, &d);
	pair_run(p, 12 * SECOND_NS);
	session = p->a.peer->keyring.current;
	assert_non_null(session);
	assert_false(p->a.peer->pending->waiting);
	pair_pass(p, 60 * SECOND_NS);
	assert_int_equal(side_hear(p, &p->a, &held), FATE_NO_HANDSHAKE);
	assert_ptr_equal(p->a.peer->keyring.current, session);
	pair_free(p);
}

/* A flush that finds the batch full has sent nothing: no timer may think that it did. */
static void test_a_flush_without_room_touches_no_timer(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	uint64_t keepalive;
	struct datagram d;

	pair_connect(p);
	d = side_forge(&p->b, 100, NULL, 0);
	side_send(p, &p->b, 84);
	pair_pump(p);
	keepalive = p->a.peer->timers.at[TIMER_KEEPALIVE];
	assert_true(keepalive > 0);
	assert_int_equal(staged_push(&p->a.peer->staged, d.data, d.len), 0);
	admin_touched(&p->a.t, p->a.peer);
	batch_reset(&p->a.batch);
	while (batch_add(&p->a.batch, 1))
		p->a.batch.pkt[p->a.batch.n - 1].fate = FATE_NO_MEMORY;
	tunnel_tick(&p->a.t, &p->a.batch, p->now);
	assert_int_equal(p->a.peer->staged.n, 1);
	assert_true(p->a.peer->timers.at[TIMER_KEEPALIVE] == keepalive);
	assert_int_equal(p->a.peer->timers.at[TIMER_NEW_HANDSHAKE], 0);
	assert_int_equal(tunnel_deadline(&p->a.t), 0); /* at the next tick it leaves */
	side_tick(p, &p->a);
	assert_int_equal(p->a.peer->staged.n, 0);
	pair_free(p);
}

/* An attempt that the closed gate held back is neither counted nor told. */
static void test_an_attempt_behind_the_closed_gate_is_none(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct datagram d;

	side_send(p, &p->a, 84); /* lost: its repetition is due in 5 s */
	p->a.out.n = 0;
	pair_pass(p, 4 * SECOND_NS);
	side_send(p, &p->b, 84);
	d = side_take(&p->b, MESSAGE_INITIATION);
	side_hear(p, &p->a, &d); /* answered: the gate is closed until 9 s */
	p->cut = true;
	pair_run(p, 2 * SECOND_NS);
	assert_int_equal(p->a.peer->timers.attempts, 0);
	assert_false(side_event(&p->a, EVENT_RETRY, NULL));
	pair_run(p, 3500 * MILLI_NS);
	assert_int_equal(p->a.peer->timers.attempts, 1);
	assert_true(side_event(&p->a, EVENT_RETRY, NULL));
	pair_free(p);
}

enum { CROWD = 100, AT_ONCE = 32 };

/* Peers that all want a handshake at one moment: packets must not wait for all of them. */
static void test_a_crowd_of_handshakes_is_spread_out(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	uint32_t before;

	admin_down(&p->a.t);
	for (uint32_t i = 0; i < CROWD; i++) {
		struct peer *peer;
		struct key key;

		seed_fill(&p->a.seed, key.bytes, KEY_LEN);
		assert_int_equal(admin_add(&p->a.t, &key, &peer), 0);
		admin_endpoint(&p->a.t, peer, &p->b.at);
		admin_keepalive(&p->a.t, peer, 60, p->now);
	}
	p->cut = true;
	admin_up(&p->a.t, p->now);
	side_tick(p, &p->a);
	assert_int_equal(p->a.n_log, AT_ONCE);
	p->a.out.n = 0;
	do {
		before = p->a.n_log;
		pair_run(p, 10 * MILLI_NS);
		assert_true(p->a.n_log - before <= AT_ONCE);
	} while (p->now.mono < (1000 * SECOND_NS) + 400 * MILLI_NS);
	assert_int_equal(p->a.n_log, CROWD); /* each asked once */
	pair_free(p);
}

/* Messages in the lane were meant for the old key. */
static void test_a_new_private_key_empties_the_lane(void **state)
{
	(void)state;
	static const struct key other = { { 9, 9, 9 } };
	struct pair *p = pair_new(false);
	struct datagram d;

	side_send(p, &p->a, 84);
	d = side_take(&p->a, MESSAGE_INITIATION);
	hear_often(p, &p->b, &d, 100);
	assert_true(p->b.t.hsqueue.n > 0);
	admin_private_key(&p->b.t, &p->b.private_key, p->now); /* the same: no effect */
	assert_true(p->b.t.hsqueue.n > 0);
	admin_private_key(&p->b.t, &other, p->now);
	assert_int_equal(p->b.t.hsqueue.n, 0);
	pair_free(p);
}

/* What timers begin is rationed as well, and nothing is forgotten over it. */
static void test_a_tick_begins_four_handshakes_and_asks_for_the_next(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);

	for (uint32_t i = 0; i < 9; i++) {
		struct peer *peer;
		struct key key;

		seed_fill(&p->a.seed, key.bytes, KEY_LEN);
		assert_int_equal(admin_add(&p->a.t, &key, &peer), 0);
		admin_endpoint(&p->a.t, peer, &p->b.at);
		admin_handshake(&p->a.t, peer, p->now);
	}
	for (uint32_t n = 4; n < 9; n += 4) {
		assert_true(tunnel_deadline(&p->a.t) <= p->now.mono);
		side_tick(p, &p->a);
		assert_int_equal(p->a.n_log, n);
	}
	side_tick(p, &p->a);
	assert_int_equal(p->a.n_log, 9);
	assert_true(tunnel_deadline(&p->a.t) > p->now.mono);
	pair_free(p);
}

static void assert_empty(const struct noise_pending *pending)
{
	static const struct noise_pending none;

	assert_memory_equal(pending, &none, sizeof(none));
}

/* A handshake that has ended leaves no secret behind, however it ended. */
static void test_no_secret_of_a_handshake_outlives_it(void **state)
{
	(void)state;
	static const struct key other = { { 9, 9, 9 } };
	struct pair *p = pair_new(false);

	side_send(p, &p->a, 84);
	assert_true(p->a.peer->pending->waiting);
	pair_pump(p);
	assert_non_null(p->a.peer->keyring.current);
	assert_empty(p->a.peer->pending); /* it was answered */
	for (int way = 0; way < 2; way++) {
		pair_pass(p, 10 * SECOND_NS);
		admin_handshake(&p->a.t, p->a.peer, p->now);
		side_tick(p, &p->a);
		assert_true(p->a.peer->pending->waiting);
		if (way)
			admin_down(&p->a.t);
		else
			admin_private_key(&p->a.t, &other, p->now);
		assert_empty(p->a.peer->pending);
	}
	pair_free(p);
}

/* A peer that was removed and added again still gets growing timestamps. */
static void test_a_peer_added_again_gets_a_newer_timestamp(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct datagram d;

	pair_connect(p);
	admin_remove(&p->a.t, p->a.peer);
	pair_pass(p, SECOND_NS);
	p->now.wall -= 3600 * SECOND_NS;
	assert_int_equal(admin_add(&p->a.t, &p->b.public_key, &p->a.peer), 0);
	admin_endpoint(&p->a.t, p->a.peer, &p->b.at);
	admin_handshake(&p->a.t, p->a.peer, p->now);
	side_tick(p, &p->a);
	d = side_take(&p->a, MESSAGE_INITIATION);
	assert_int_equal(side_hear(p, &p->b, &d), FATE_CONSUMED);
	pair_free(p);
}

/* So does one that an earlier process has sent to, by a clock that was ahead of ours. */
static void test_a_peer_known_before_gets_a_newer_timestamp(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	uint8_t latest[TIMESTAMP_LEN];
	struct datagram d;

	pair_connect(p);
	memcpy(latest, p->a.peer->sent_timestamp, sizeof(latest));
	memset(p->a.peer->sent_timestamp, 0, sizeof(latest)); /* a new process */
	pair_pass(p, 10 * SECOND_NS);
	p->now.wall -= 3600 * SECOND_NS;
	admin_handshake(&p->a.t, p->a.peer, p->now);
	side_tick(p, &p->a);
	d = side_take(&p->a, MESSAGE_INITIATION);
	assert_int_equal(side_hear(p, &p->b, &d), FATE_TIMESTAMP);
	assert_true(admin_sent_before(p->a.peer, latest));
	assert_false(admin_sent_before(p->a.peer, latest));
	latest[11]++;
	assert_true(admin_sent_before(p->a.peer, latest));
	latest[4]--;
	assert_false(admin_sent_before(p->a.peer, latest));
	pair_pass(p, 10 * SECOND_NS);
	admin_handshake(&p->a.t, p->a.peer, p->now);
	side_tick(p, &p->a);
	d = side_take(&p->a, MESSAGE_INITIATION);
	assert_int_equal(side_hear(p, &p->b, &d), FATE_CONSUMED);
	assert_int_equal(p->a.t.initiations_sent, 3);
	pair_free(p);
}

/* A cookie reply may come from anywhere: neither half of the endpoint follows it. */
static void test_a_cookie_reply_leaves_the_whole_endpoint_alone(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct cookie_checker checker = { 0 };
	struct rng rng = seed_chance(&p->b.seed);
	struct datagram d, reply = { .len = sizeof(struct wire_cookie), .from = p->a.at };
	struct endpoint was;

	side_send(p, &p->a, 84);
	d = side_take(&p->a, MESSAGE_INITIATION);
	cookie_keys_set(&checker.keys, &p->b.public_key);
	cookie_reply(&checker, (struct wire_cookie *)reply.data, d.data, d.len, &p->a.at,
		     p->now.mono, &rng);
	p->a.peer->endpoint.local = (struct ip){ .family = AF_INET, .bytes = { 192, 0, 2, 7 } };
	p->a.peer->endpoint.ifindex = 3;
	was = p->a.peer->endpoint;
	assert_int_equal(side_hear(p, &p->a, &reply), FATE_CONSUMED);
	assert_true(endpoint_equal(&p->a.peer->endpoint, &was));
	pair_free(p);
}

/*
 * An application that keeps sending restarts the attempts each time, and may be
 * what sends each initiation.  The missing answers must be reported nevertheless.
 */
static void test_unanswered_initiations_are_told_under_traffic_too(void **state)
{
	(void)state;
	for (uint64_t step = 50 * MILLI_NS; step <= 2 * SECOND_NS; step *= 40) {
		struct pair *p = pair_new(false);
		uint32_t told = 0;
		struct event e;

		p->cut = true;
		p->a.peer->endpoint.local.family = AF_INET;
		for (uint64_t passed = 0; passed < 26 * SECOND_NS; passed += step) {
			side_send(p, &p->a, 84);
			pair_run(p, step);
			while (side_event(&p->a, EVENT_RETRY, &e))
				assert_int_equal(e.n, ++told);
		}
		assert_true(told >= 4);
		assert_int_equal(p->a.peer->endpoint.local.family, 0);
		p->cut = false; /* an answer ends the count */
		pair_run(p, 6 * SECOND_NS);
		assert_non_null(p->a.peer->keyring.current);
		side_forget(&p->a);
		p->cut = true;
		admin_handshake(&p->a.t, p->a.peer, p->now);
		while (side_event(&p->a, EVENT_RETRY, NULL))
			;
		pair_run(p, 12 * SECOND_NS);
		assert_true(side_event(&p->a, EVENT_RETRY, &e));
		assert_int_equal(e.n, 1);
		pair_free(p);
	}
}

/* Requested work is dropped together with its peer. */
static void test_a_removed_peer_has_no_work_left(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct peer *second;
	struct key key = { { 7 } };

	assert_int_equal(admin_add(&p->a.t, &key, &second), 0);
	admin_endpoint(&p->a.t, second, &p->b.at);
	admin_keepalive(&p->a.t, second, 25, p->now);
	admin_keepalive(&p->a.t, p->a.peer, 25, p->now);
	admin_remove(&p->a.t, second); /* not the last in the list of work */
	assert_ptr_equal(p->a.t.work_first, p->a.peer);
	admin_remove(&p->a.t, p->a.peer);
	assert_null(p->a.t.work_first);
	side_tick(p, &p->a);
	assert_int_equal(p->a.n_log, 0);
	pair_free(p);
}

/* A response is as good a sign of where the peer is as any other authentic message. */
static void test_a_response_moves_the_endpoint(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct datagram d;

	side_send(p, &p->a, 84);
	d = side_take(&p->a, MESSAGE_INITIATION);
	side_hear(p, &p->b, &d);
	d = side_take(&p->b, MESSAGE_RESPONSE);
	assert_true(endpoint_parse(&d.from, "198.51.100.9:999", 16));
	assert_int_equal(side_hear(p, &p->a, &d), FATE_CONSUMED);
	assert_true(endpoint_same_remote(&p->a.peer->endpoint, &d.from));
	assert_true(side_event(&p->a, EVENT_ENDPOINT, NULL));
	pair_free(p);
}

/* What cannot be answered for lack of room waits, and is answered by the next batch. */
static void test_an_initiation_waits_for_a_batch_with_room(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct batch *b = &p->b.batch;
	struct datagram d;

	side_send(p, &p->a, 84);
	d = side_take(&p->a, MESSAGE_INITIATION);
	batch_reset(b);
	memcpy(batch_carve(b, d.len), d.data, d.len);
	*batch_end(b) = d.from;
	batch_point(b, b->mem, d.len)->end = &b->ends[0];
	(void)batch_carve(b, b->size - b->used - 100);
	tunnel_open(&p->b.t, b, p->now);
	tunnel_settle(&p->b.t, b, p->now);
	assert_int_equal(b->pkt[0].fate, FATE_HANDSHAKE);
	assert_int_equal(b->n, 1);
	assert_int_equal(p->b.t.hsqueue.n, 1);
	assert_int_equal(tunnel_deadline(&p->b.t), 0);
	side_tick(p, &p->b);
	assert_int_equal(p->b.t.hsqueue.n, 0);
	d = side_take(&p->b, MESSAGE_RESPONSE);
	assert_int_equal(side_hear(p, &p->a, &d), FATE_CONSUMED);
	pair_free(p);
}

/* The last nonces of a session: what waits beyond them stays, and gets a new one. */
static void test_a_flush_ends_where_the_nonces_end(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	uint8_t packet[84];

	pair_connect(p);
	pair_pass(p, 10 * SECOND_NS);
	p->a.peer->keyring.current->send_counter = REJECT_AFTER_MESSAGES - 2;
	side_packet(packet, p->a.inner, p->b.inner, sizeof(packet));
	for (int i = 0; i < 5; i++)
		assert_int_equal(staged_push(&p->a.peer->staged, packet, sizeof(packet)), 0);
	admin_touched(&p->a.t, p->a.peer);
	side_tick(p, &p->a);
	assert_int_equal(side_said(&p->a, MESSAGE_DATA), 2);
	assert_int_equal(side_said(&p->a, MESSAGE_INITIATION), 1);
	assert_int_equal(p->a.peer->staged.n, 3);
	assert_true(p->a.peer->keyring.current->send_counter == REJECT_AFTER_MESSAGES);
	pair_pump(p);
	assert_int_equal(p->b.dev.n, 5);
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
		cmocka_unit_test(test_cookie_rubbish_takes_no_place_in_the_lane),
		cmocka_unit_test(test_a_held_back_response_comes_too_late_for_a_confirmed_session),
		cmocka_unit_test(test_a_flush_without_room_touches_no_timer),
		cmocka_unit_test(test_an_attempt_behind_the_closed_gate_is_none),
		cmocka_unit_test(test_a_crowd_of_handshakes_is_spread_out),
		cmocka_unit_test(test_a_new_private_key_empties_the_lane),
		cmocka_unit_test(test_a_tick_begins_four_handshakes_and_asks_for_the_next),
		cmocka_unit_test(test_no_secret_of_a_handshake_outlives_it),
		cmocka_unit_test(test_a_peer_added_again_gets_a_newer_timestamp),
		cmocka_unit_test(test_a_peer_known_before_gets_a_newer_timestamp),
		cmocka_unit_test(test_a_cookie_reply_leaves_the_whole_endpoint_alone),
		cmocka_unit_test(test_unanswered_initiations_are_told_under_traffic_too),
		cmocka_unit_test(test_a_removed_peer_has_no_work_left),
		cmocka_unit_test(test_a_response_moves_the_endpoint),
		cmocka_unit_test(test_an_initiation_waits_for_a_batch_with_room),
		cmocka_unit_test(test_a_flush_ends_where_the_nonces_end),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
