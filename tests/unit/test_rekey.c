/* SPDX-License-Identifier: ISC */
#include "proto/tunnel.h"

#include "base/bytes.h"
#include "forced.h"
#include "hex.h"
#include "pair.h"
#include "proto/wire.h"

/* When what is sent: the timers of a tunnel, by a clock that is a variable. */

#define JITTER_NS (333 * MILLI_NS)

static void assert_between(uint64_t is, uint64_t from, uint64_t to)
{
	if (is < from || is > to)
		fail_msg("%llu ns is not in %llu .. %llu", (unsigned long long)is,
			 (unsigned long long)from, (unsigned long long)to);
}

/* A connected pair, quiet, and its session's birth. */
static struct pair *connected(uint64_t *born)
{
	struct pair *p = pair_new(false);

	pair_connect(p);
	*born = p->a.peer->keyring.current->born;
	return p;
}

/* Move to that much after the birth; nothing may be sent meanwhile except keepalives. */
static void age(struct pair *p, uint64_t born, uint64_t ns)
{
	pair_run(p, born + ns - p->now.mono);
	side_forget(&p->a);
	side_forget(&p->b);
}

static void test_initiator_renews_at_120_s_when_it_sends(void **state)
{
	(void)state;
	uint64_t born;
	struct pair *p = connected(&born);

	age(p, born, 120 * SECOND_NS - 1);
	assert_int_equal(side_send(p, &p->a, 84), FATE_NET);
	assert_int_equal(side_said(&p->a, MESSAGE_INITIATION), 0);
	pair_pass(p, 1);
	assert_int_equal(side_send(p, &p->a, 84), FATE_NET);
	assert_int_equal(side_said(&p->a, MESSAGE_INITIATION), 1);
	pair_pump(p);
	assert_true(p->a.peer->keyring.current->born == p->now.mono);
	assert_int_equal(p->b.dev.n, 2); /* the old session carried what came before */
	pair_free(p);
}

static void test_keepalives_renew_as_well(void **state)
{
	(void)state;
	uint64_t born;
	struct pair *p = connected(&born);

	age(p, born, 115 * SECOND_NS);
	side_send(p, &p->b, 84); /* a's passive keepalive falls due at 125 s */
	pair_run(p, 10 * SECOND_NS);
	assert_int_equal(side_said(&p->a, MESSAGE_INITIATION), 1);
	assert_true(p->a.peer->keyring.current->born == born + 125 * SECOND_NS);
	pair_free(p);
}

static void test_responder_never_renews_by_age(void **state)
{
	(void)state;
	uint64_t born;
	struct pair *p = connected(&born);

	age(p, born, 115 * SECOND_NS);
	p->cut = true;                                 /* else a would renew */
	while (p->now.mono < born + 125 * SECOND_NS) { /* before T_new asks for a handshake */
		assert_int_equal(side_send(p, &p->b, 84), FATE_NET);
		pair_pass(p, SECOND_NS);
	}
	assert_int_equal(side_said(&p->b, MESSAGE_INITIATION), 0);
	p->cut = false;
	for (int i = 0; i < 39; i++) { /* and not by receiving either */
		struct datagram d = side_forge(&p->a, 1000 + (uint64_t)i, NULL, 0);

		pair_pass(p, SECOND_NS);
		assert_int_equal(side_hear(p, &p->b, &d), FATE_KEEPALIVE);
	}
	assert_int_equal(side_said(&p->b, MESSAGE_INITIATION), 0);
	pair_free(p);
}

static void test_initiator_renews_at_165_s_when_it_receives_once(void **state)
{
	(void)state;
	uint64_t born;
	struct pair *p = connected(&born);
	struct datagram d;

	age(p, born, 165 * SECOND_NS - 1);
	d = side_forge(&p->b, 500, NULL, 0);
	assert_int_equal(side_hear(p, &p->a, &d), FATE_KEEPALIVE);
	assert_int_equal(p->a.n_log, 0);
	pair_pass(p, 1);
	d = side_forge(&p->b, 501, NULL, 0);
	assert_int_equal(side_hear(p, &p->a, &d), FATE_KEEPALIVE);
	assert_int_equal(side_said(&p->a, MESSAGE_INITIATION), 1);
	pair_pass(p, 5 * SECOND_NS); /* the gate is open again, but once is enough */
	d = side_forge(&p->b, 502, NULL, 0);
	assert_int_equal(side_hear(p, &p->a, &d), FATE_KEEPALIVE);
	assert_int_equal(side_said(&p->a, MESSAGE_INITIATION), 1);
	side_forget(&p->a);
	pair_run(p, SECOND_NS); /* the retry gets through */
	assert_false(p->a.peer->timers.last_minute);
	assert_true(p->a.peer->keyring.current->born > born);
	pair_free(p);
}

static void test_sessions_end_at_180_s_both_ways(void **state)
{
	(void)state;
	uint64_t born;
	struct pair *p = connected(&born);
	struct datagram early, late;

	age(p, born, 180 * SECOND_NS - 1);
	early = side_forge(&p->a, 500, NULL, 0);
	late = side_forge(&p->a, 501, NULL, 0);
	assert_int_equal(side_hear(p, &p->b, &early), FATE_KEEPALIVE);
	assert_int_equal(side_send(p, &p->b, 84), FATE_NET);
	pair_pass(p, 1);
	assert_int_equal(side_hear(p, &p->b, &late), FATE_EXPIRED);
	assert_int_equal(p->b.peer->count[FATE_EXPIRED], 1);
	assert_int_equal(side_send(p, &p->b, 84), FATE_STAGED);
	assert_int_equal(side_said(&p->b, MESSAGE_INITIATION), 1);
	side_forget(&p->b);
	pair_run(p, 6 * SECOND_NS);
	assert_int_equal(p->a.dev.n, 1); /* the staged one arrived with the new session */
	pair_free(p);
}

static void test_no_answer_for_15_s_starts_a_handshake_counted_from_the_first_packet(void **state)
{
	(void)state;
	uint64_t born, first;
	struct pair *p = connected(&born);

	age(p, born, 30 * SECOND_NS);
	p->cut = true;
	first = p->now.mono;
	p->a.peer->endpoint.local.family = AF_INET;
	for (int i = 0; i < 14; i++) {
		side_send(p, &p->a, 84);
		pair_run(p, SECOND_NS);
	}
	assert_int_equal(side_said(&p->a, MESSAGE_INITIATION), 0);
	pair_run(p, 2 * SECOND_NS);
	assert_int_equal(side_said(&p->a, MESSAGE_INITIATION), 1);
	assert_between(side_last_at(&p->a) - first, 15 * SECOND_NS, 15 * SECOND_NS + JITTER_NS);
	assert_int_equal(p->a.peer->endpoint.local.family, 0); /* another source may do better */
	pair_free(p);
}

static void check_attempts(struct pair *p, uint64_t start)
{
	uint64_t last = start;

	assert_int_equal(p->a.n_log, 20);
	for (uint32_t i = 0; i < 20; i++) {
		assert_int_equal(p->a.log[i].type, MESSAGE_INITIATION);
		if (i)
			assert_between(p->a.log[i].at - last, 5 * SECOND_NS,
				       5 * SECOND_NS + JITTER_NS);
		last = p->a.log[i].at;
	}
}

static void test_20_initiations_then_silence_until_new_traffic(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	uint64_t start = p->now.mono;
	struct event e;

	p->cut = true;
	for (int i = 0; i < 10; i++)
		assert_int_equal(side_send(p, &p->a, 84), FATE_STAGED);
	pair_run(p, 99 * SECOND_NS);
	assert_int_equal(p->a.peer->staged.n, 10);
	assert_false(side_event(&p->a, EVENT_GAVE_UP, &e));
	pair_run(p, 9 * SECOND_NS);
	check_attempts(p, start);
	assert_true(side_event(&p->a, EVENT_GAVE_UP, &e));
	assert_int_equal(p->a.peer->staged.n, 0);
	assert_int_equal(p->a.peer->count[FATE_STAGE_PURGED], 10);
	assert_int_equal(p->a.t.count[FATE_STAGE_PURGED], 10);
	pair_run(p, 600 * SECOND_NS);
	assert_int_equal(p->a.n_log, 20); /* silence */
	assert_true(side_event(&p->a, EVENT_FORGOT, &e));
	assert_true(tunnel_deadline(&p->a.t) == UINT64_MAX);
	assert_int_equal(p->a.t.index.n, 0);
	p->cut = false;
	assert_int_equal(side_send(p, &p->a, 84), FATE_STAGED);
	pair_pump(p);
	assert_int_equal(p->b.dev.n, 1);
	pair_free(p);
}

static void test_new_traffic_starts_the_count_anew(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct event e;

	p->cut = true;
	for (int i = 0; i < 40; i++) {
		side_send(p, &p->a, 84);
		pair_run(p, 7 * SECOND_NS);
	}
	assert_false(side_event(&p->a, EVENT_GAVE_UP, &e));
	assert_true(p->a.n_log >= 40); /* without a limit, but at most one in 5 s */
	for (uint32_t i = 1; i < p->a.n_log; i++)
		assert_true(p->a.log[i].at - p->a.log[i - 1].at >= 5 * SECOND_NS);
	assert_int_equal(p->a.peer->staged.n, 40);
	pair_free(p);
}

static void test_the_gate_lets_one_handshake_message_pass_in_5_s(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	uint64_t start = p->now.mono;

	p->cut = true;
	for (int i = 0; i < 100; i++) {
		side_send(p, &p->a, 84);
		admin_handshake(&p->a.t, p->a.peer, p->now);
		side_tick(p, &p->a);
		pair_pass(p, 49 * MILLI_NS);
	}
	assert_int_equal(p->a.n_log, 1);
	pair_pass(p, start + 5 * SECOND_NS - 1 - p->now.mono);
	side_send(p, &p->a, 84);
	assert_int_equal(p->a.n_log, 1);
	pair_pass(p, 1);
	side_send(p, &p->a, 84);
	assert_int_equal(p->a.n_log, 2);
	pair_free(p);
}

/* A response closes the gate as well; what wants a handshake then tries again when it opens. */
static void test_a_closed_gate_is_not_a_dead_end(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct datagram d;
	uint64_t start = p->now.mono;

	side_send(p, &p->a, 84);
	d = side_take(&p->a, MESSAGE_INITIATION);
	side_hear(p, &p->b, &d); /* b answers; its answer is lost, and a is gone */
	p->cut = true;
	pair_pass(p, SECOND_NS);
	assert_int_equal(side_send(p, &p->b, 84), FATE_STAGED);
	assert_int_equal(side_said(&p->b, MESSAGE_INITIATION), 0);
	pair_run(p, 4 * SECOND_NS + JITTER_NS);
	assert_int_equal(side_said(&p->b, MESSAGE_INITIATION), 1);
	assert_between(side_last_at(&p->b) - start, 5 * SECOND_NS, 5 * SECOND_NS + JITTER_NS);
	pair_free(p);
}

static void test_retransmission_that_finds_the_gate_closed_is_armed_again(void **state)
{
	(void)state;
	uint64_t born;
	struct pair *p = connected(&born);
	struct datagram d;

	age(p, born, 30 * SECOND_NS);
	admin_handshake(&p->b.t, p->b.peer, p->now);
	side_tick(p, &p->b);
	p->b.out.n = 0; /* lost; its retry is due in 5 s */
	pair_run(p, 3 * SECOND_NS);
	side_forget(&p->b);
	admin_handshake(&p->a.t, p->a.peer, p->now);
	side_tick(p, &p->a);
	d = side_take(&p->a, MESSAGE_INITIATION);
	side_hear(p, &p->b, &d); /* answered: the gate is closed for 5 s from here */
	p->cut = true;
	pair_run(p, 5 * SECOND_NS - 1);
	assert_int_equal(side_said(&p->b, MESSAGE_INITIATION), 0);
	p->cut = false;
	pair_run(p, JITTER_NS + SECOND_NS);
	assert_true(side_said(&p->b, MESSAGE_INITIATION) + side_said(&p->a, MESSAGE_INITIATION) >=
		    2);
	assert_true(p->b.peer->keyring.current->born > born + 30 * SECOND_NS);
	pair_free(p);
}

static void test_lost_renewals_do_not_move_a_peer_whose_session_works(void **state)
{
	(void)state;
	uint64_t born;
	struct pair *p = connected(&born);
	struct endpoint ends[2] = { p->b.at, p->b.at };

	ends[1].remote.v4.sin_port ^= 1;
	admin_candidates(&p->a.t, p->a.peer, ends, LEN(ends), p->now);
	age(p, born, 119 * SECOND_NS);
	assert_int_equal(side_send(p, &p->b, 84), FATE_NET);
	pair_pump(p);
	pair_pass(p, SECOND_NS);
	p->cut = true;
	assert_int_equal(side_send(p, &p->a, 84), FATE_NET);
	pair_run(p, 11 * SECOND_NS);
	assert_int_equal(side_said(&p->a, MESSAGE_INITIATION), 3);
	assert_true(endpoint_same_remote(&p->a.peer->endpoint, &ends[0]));
	/* Nor does another address of its name. */
	ends[0] = ends[1];
	admin_candidates(&p->a.t, p->a.peer, ends, 1, p->now);
	assert_true(endpoint_same_remote(&p->a.peer->endpoint, &p->b.at));
	/* Once nothing was heard for 15 s, it may be elsewhere. */
	pair_run(p, 6 * SECOND_NS);
	assert_int_equal(side_said(&p->a, MESSAGE_INITIATION), 4);
	assert_true(endpoint_same_remote(&p->a.peer->endpoint, &ends[1]));
	pair_free(p);
}

static void test_keys_are_forgotten_after_540_s_without_a_new_session(void **state)
{
	(void)state;
	uint64_t born;
	struct pair *p = connected(&born);
	struct event e;

	pair_run(p, born + 540 * SECOND_NS - 1 - p->now.mono);
	assert_non_null(p->a.peer->keyring.current);
	pair_run(p, 1);
	assert_null(p->a.peer->keyring.current);
	assert_null(p->b.peer->keyring.current);
	assert_true(side_event(&p->a, EVENT_FORGOT, &e));
	assert_int_equal(p->a.t.index.n, 0);
	assert_int_equal(p->b.t.index.n, 0);
	assert_true(tunnel_deadline(&p->a.t) == UINT64_MAX);
	assert_true(tunnel_deadline(&p->b.t) == UINT64_MAX);
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
		cmocka_unit_test(test_initiator_renews_at_120_s_when_it_sends),
		cmocka_unit_test(test_keepalives_renew_as_well),
		cmocka_unit_test(test_responder_never_renews_by_age),
		cmocka_unit_test(test_initiator_renews_at_165_s_when_it_receives_once),
		cmocka_unit_test(test_sessions_end_at_180_s_both_ways),
		cmocka_unit_test(
			test_no_answer_for_15_s_starts_a_handshake_counted_from_the_first_packet),
		cmocka_unit_test(test_20_initiations_then_silence_until_new_traffic),
		cmocka_unit_test(test_new_traffic_starts_the_count_anew),
		cmocka_unit_test(test_the_gate_lets_one_handshake_message_pass_in_5_s),
		cmocka_unit_test(test_a_closed_gate_is_not_a_dead_end),
		cmocka_unit_test(test_retransmission_that_finds_the_gate_closed_is_armed_again),
		cmocka_unit_test(test_lost_renewals_do_not_move_a_peer_whose_session_works),
		cmocka_unit_test(test_keys_are_forgotten_after_540_s_without_a_new_session),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
