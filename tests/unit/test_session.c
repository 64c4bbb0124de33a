/* SPDX-License-Identifier: ISC */
#include "proto/session.h"

#include "base/mem.h"
#include "base/vault.h"
#include "forced.h"
#include "hex.h"
#include "proto/limits.h"

#define BORN (UINT64_C(77) * SECOND_NS + 5)

static const struct noise_keys keys = { .send = { { 1 } }, .receive = { { 2 } } };

static struct session *make(bool initiator)
{
	struct session *s = session_new(&keys, initiator, 11, 22, NULL, BORN);

	assert_non_null(s);
	return s;
}

static void test_new_session_has_what_it_was_given(void **state)
{
	(void)state;
	struct session *s = make(true);

	assert_int_equal(s->local, 11);
	assert_int_equal(s->remote, 22);
	assert_true(s->initiator);
	assert_true(s->born == BORN);
	assert_int_equal(s->send_counter, 0);
	assert_int_equal(s->replay.top, 0);
	assert_memory_equal(s->keys->send.bytes, keys.send.bytes, KEY_LEN);
	assert_memory_equal(s->keys->receive.bytes, keys.receive.bytes, KEY_LEN);
	assert_true(session_may_send(s, BORN));
	assert_true(session_may_receive(s, BORN));
	session_free(s);
	session_free(NULL);
}

static void test_age_is_never_negative(void **state)
{
	(void)state;
	struct session *s = make(true);

	assert_int_equal(session_age(s, BORN - 1), 0);
	assert_int_equal(session_age(s, 0), 0);
	assert_int_equal(session_age(s, BORN), 0);
	assert_int_equal(session_age(s, BORN + 1), 1);
	assert_true(session_may_send(s, 0));
	session_free(s);
}

static void test_session_ends_at_180_s_to_the_nanosecond(void **state)
{
	(void)state;
	struct session *s = make(false);

	assert_true(session_may_send(s, BORN + 180 * SECOND_NS - 1));
	assert_true(session_may_receive(s, BORN + 180 * SECOND_NS - 1));
	assert_false(session_may_send(s, BORN + 180 * SECOND_NS));
	assert_false(session_may_receive(s, BORN + 180 * SECOND_NS));
	assert_false(session_may_send(s, UINT64_MAX));
	assert_false(session_may_receive(s, UINT64_MAX));
	session_free(s);
}

static void test_initiator_renews_at_120_s_when_sending_and_165_s_when_receiving(void **state)
{
	(void)state;
	struct session *s = make(true);

	assert_false(session_stale_for_sending(s, BORN + 120 * SECOND_NS - 1));
	assert_true(session_stale_for_sending(s, BORN + 120 * SECOND_NS));
	assert_false(session_stale_for_receiving(s, BORN + 165 * SECOND_NS - 1));
	assert_true(session_stale_for_receiving(s, BORN + 165 * SECOND_NS));
	session_free(s);
}

static void test_responder_never_renews_by_age(void **state)
{
	(void)state;
	struct session *s = make(false);

	assert_false(session_stale_for_sending(s, UINT64_MAX));
	assert_false(session_stale_for_receiving(s, UINT64_MAX));
	session_free(s);
}

static void test_either_side_renews_after_2_to_the_60_messages(void **state)
{
	(void)state;
	for (int initiator = 0; initiator < 2; initiator++) {
		struct session *s = make(initiator);

		s->send_counter = REKEY_AFTER_MESSAGES;
		assert_false(session_stale_for_sending(s, BORN));
		s->send_counter++;
		assert_true(session_stale_for_sending(s, BORN));
		assert_true(session_may_send(s, BORN));
		session_free(s);
	}
}

static void test_counters_end_at_the_limit(void **state)
{
	(void)state;
	struct session *s = make(true);

	s->send_counter = REJECT_AFTER_MESSAGES - 1;
	assert_true(session_may_send(s, BORN));
	s->send_counter++;
	assert_false(session_may_send(s, BORN));
	assert_true(replay_accept(&s->replay, REJECT_AFTER_MESSAGES - 2));
	assert_true(session_may_receive(s, BORN));
	assert_true(replay_accept(&s->replay, REJECT_AFTER_MESSAGES - 1));
	assert_true(session_may_receive(s, BORN)); /* the highest seen is below the limit */
	s->replay.top++;
	assert_false(session_may_receive(s, BORN));
	session_free(s);
}

static void test_directions_are_stopped_one_by_one(void **state)
{
	(void)state;
	struct session *s = make(true);

	s->send_valid = false;
	assert_false(session_may_send(s, BORN));
	assert_true(session_may_receive(s, BORN));
	s->send_valid = true;
	s->receive_valid = false;
	assert_true(session_may_send(s, BORN));
	assert_false(session_may_receive(s, BORN));
	session_free(s);
}

static void test_no_memory_leaves_no_secret_behind(void **state)
{
	(void)state;
	size_t used = vault_used();
	struct session *s = NULL;
	long k = 0;

	for (; !s; k++) {
		assert_int_equal(vault_used(), used);
		mem_fail_after(k);
		s = session_new(&keys, true, 1, 2, NULL, BORN);
		mem_fail_after(-1);
		assert_true(k < 20);
	}
	assert_true(k > 1);
	assert_true(vault_used() > used);
	session_free(s);
	assert_int_equal(vault_used(), used);
}

static int set_up(void **state)
{
	(void)state;
	return forced_aead();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new_session_has_what_it_was_given),
		cmocka_unit_test(test_age_is_never_negative),
		cmocka_unit_test(test_session_ends_at_180_s_to_the_nanosecond),
		cmocka_unit_test(
			test_initiator_renews_at_120_s_when_sending_and_165_s_when_receiving),
		cmocka_unit_test(test_responder_never_renews_by_age),
		cmocka_unit_test(test_either_side_renews_after_2_to_the_60_messages),
		cmocka_unit_test(test_counters_end_at_the_limit),
		cmocka_unit_test(test_directions_are_stopped_one_by_one),
		cmocka_unit_test(test_no_memory_leaves_no_secret_behind),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
