/* SPDX-License-Identifier: ISC */
#include "proto/tunnel.h"

#include "base/bytes.h"
#include "forced.h"
#include "hex.h"
#include "pair.h"
#include "proto/wire.h"

/* Keepalives: the passive one, and the persistent one. */

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

static void test_passive_keepalive_comes_at_10_s_exactly_and_is_not_answered(void **state)
{
	(void)state;
	uint64_t born;
	struct pair *p = connected(&born);
	uint64_t sent = p->now.mono;

	pair_run(p, 10 * SECOND_NS - 1);
	assert_int_equal(p->b.n_log, 0);
	pair_run(p, 1);
	assert_int_equal(p->b.n_log, 1);
	assert_int_equal(p->b.log[0].len, 32);
	assert_true(p->b.log[0].at == sent + 10 * SECOND_NS);
	pair_run(p, 100 * SECOND_NS); /* idle peers are silent */
	assert_int_equal(p->b.n_log, 1);
	assert_int_equal(p->a.n_log, 0);
	pair_free(p);
}

static void test_an_answer_in_time_makes_the_keepalive_needless(void **state)
{
	(void)state;
	uint64_t born;
	struct pair *p = connected(&born);

	pair_run(p, 9 * SECOND_NS);
	side_send(p, &p->b, 84);
	pair_run(p, 9 * SECOND_NS);
	assert_int_equal(p->b.n_log, 1); /* its data; a now owes the keepalive */
	assert_int_equal(p->a.n_log, 0);
	pair_run(p, SECOND_NS);
	assert_int_equal(p->a.n_log, 1);
	pair_free(p);
}

static void test_data_during_the_wait_asks_for_another_keepalive(void **state)
{
	(void)state;
	uint64_t born;
	struct pair *p = connected(&born);
	uint64_t first = p->now.mono;

	pair_run(p, 3 * SECOND_NS);
	side_send(p, &p->a, 84);
	pair_run(p, 60 * SECOND_NS);
	assert_int_equal(p->b.n_log, 2);
	assert_true(p->b.log[0].at == first + 10 * SECOND_NS);
	assert_true(p->b.log[1].at == first + 20 * SECOND_NS);
	pair_free(p);
}

static void test_keepalives_alone_expect_no_answer(void **state)
{
	(void)state;
	uint64_t born;
	struct pair *p = connected(&born);

	age(p, born, 30 * SECOND_NS);
	p->cut = true;
	admin_keepalive(&p->a.t, p->a.peer, 5, p->now);
	pair_run(p, 80 * SECOND_NS);
	assert_int_equal(side_said(&p->a, MESSAGE_DATA), 17);
	assert_int_equal(side_said(&p->a, MESSAGE_INITIATION), 0);
	pair_free(p);
}

static void test_persistent_keepalive_is_put_off_by_traffic(void **state)
{
	(void)state;
	uint64_t born, start;
	struct pair *p = connected(&born);

	age(p, born, 30 * SECOND_NS);
	start = p->now.mono;
	admin_keepalive(&p->a.t, p->a.peer, 20, p->now);
	assert_int_equal(tunnel_deadline(&p->a.t), 0);
	pair_run(p, 15 * SECOND_NS); /* one at once */
	assert_int_equal(p->a.n_log, 1);
	assert_true(p->a.log[0].at == start);
	side_send(p, &p->a, 84);
	pair_run(p, 5 * SECOND_NS);
	side_send(p, &p->b, 84); /* received counts as well */
	pair_run(p, 20 * SECOND_NS - 1);
	assert_int_equal(p->a.n_log, 3); /* data, and its passive keepalive at 10 s */
	assert_true(p->a.log[2].at == start + 30 * SECOND_NS);
	pair_run(p, 10 * SECOND_NS + 1);
	assert_int_equal(p->a.n_log, 4);
	assert_true(p->a.log[3].at == start + 50 * SECOND_NS);
	admin_keepalive(&p->a.t, p->a.peer, 0, p->now);
	pair_run(p, 60 * SECOND_NS);
	assert_int_equal(p->a.n_log, 4);
	pair_free(p);
}

static void test_persistent_keepalive_begins_when_the_endpoint_becomes_known(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct endpoint at = p->a.peer->endpoint;

	p->a.peer->endpoint = (struct endpoint){ 0 }; /* its name is not resolved yet */
	admin_keepalive(&p->a.t, p->a.peer, 25, p->now);
	pair_run(p, 100 * SECOND_NS);
	assert_int_equal(p->a.n_log, 0);
	admin_endpoint(&p->a.t, p->a.peer, &at);
	assert_int_equal(tunnel_deadline(&p->a.t), 0);
	pair_run(p, SECOND_NS);
	assert_non_null(p->a.peer->keyring.current);
	pair_run(p, 26 * SECOND_NS);
	assert_true(side_last_at(&p->a) > p->now.mono - 3 * SECOND_NS);
	pair_free(p);
}

static void test_giving_up_cancels_the_passive_keepalive(void **state)
{
	(void)state;
	uint64_t born;
	struct pair *p = connected(&born);
	uint8_t packet[84];
	struct datagram d;

	age(p, born, 30 * SECOND_NS);
	p->cut = true;
	assert_int_equal(side_send(p, &p->a, 84), FATE_NET);
	while (side_said(&p->a, MESSAGE_INITIATION) < 20)
		pair_run(p, SECOND_NS);
	pair_run(p, SECOND_NS);
	side_packet(packet, p->b.inner, p->a.inner, sizeof(packet));
	d = side_forge(&p->b, 900, packet, sizeof(packet));
	assert_int_equal(side_hear(p, &p->a, &d), FATE_DEV); /* the other direction still works */
	assert_int_not_equal(p->a.peer->timers.at[TIMER_KEEPALIVE], 0);
	side_forget(&p->a);
	pair_run(p, 5 * SECOND_NS);
	assert_true(side_event(&p->a, EVENT_GAVE_UP, NULL));
	assert_int_equal(p->a.peer->timers.at[TIMER_KEEPALIVE], 0);
	pair_run(p, 20 * SECOND_NS);
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
		cmocka_unit_test(test_passive_keepalive_comes_at_10_s_exactly_and_is_not_answered),
		cmocka_unit_test(test_an_answer_in_time_makes_the_keepalive_needless),
		cmocka_unit_test(test_data_during_the_wait_asks_for_another_keepalive),
		cmocka_unit_test(test_keepalives_alone_expect_no_answer),
		cmocka_unit_test(test_persistent_keepalive_is_put_off_by_traffic),
		cmocka_unit_test(test_persistent_keepalive_begins_when_the_endpoint_becomes_known),
		cmocka_unit_test(test_giving_up_cancels_the_passive_keepalive),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
