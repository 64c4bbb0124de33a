/* SPDX-License-Identifier: ISC */
#include "proto/timers.h"

#include "base/bytes.h"
#include "hex.h"
#include "proto/limits.h"
#include "seed.h"

#define NOW (UINT64_C(12345) * SECOND_NS + 678)

enum { INTERVAL = 25 };

static struct deadlines heap;

/* Timers that run; those of before are forgotten. */
static struct timers started(void)
{
	assert_int_equal(deadlines_reserve(&heap, 1), 0);
	heap.n = 0;
	return (struct timers){ .heap = &heap };
}

/* What an event does to one timer. */
enum effect {
	LEAVE,
	CANCEL,
	ARM, /* only if it is not armed */
	REARM,
};

enum event {
	DATA_SENT,
	DATA_RECEIVED,
	ANY_SENT,
	ANY_RECEIVED,
	TRAVERSAL,
	INITIATION_SENT,
	SESSION_DERIVED,
	HANDSHAKE_COMPLETE,
	EVENT_COUNT
};

/* The table of events: each cell. */
static const enum effect effects[EVENT_COUNT][TIMER_COUNT] = {
	[DATA_SENT] = { [TIMER_NEW_HANDSHAKE] = ARM },
	[DATA_RECEIVED] = { [TIMER_KEEPALIVE] = ARM },
	[ANY_SENT] = { [TIMER_KEEPALIVE] = CANCEL },
	[ANY_RECEIVED] = { [TIMER_NEW_HANDSHAKE] = CANCEL },
	[TRAVERSAL] = { [TIMER_PERSISTENT] = REARM },
	[INITIATION_SENT] = { [TIMER_RETRANSMIT] = REARM },
	[SESSION_DERIVED] = { [TIMER_FORGET] = REARM },
	[HANDSHAKE_COMPLETE] = { [TIMER_RETRANSMIT] = CANCEL },
};

static const struct {
	uint64_t delay_ns;
	bool jitter;
} delays[TIMER_COUNT] = {
	[TIMER_RETRANSMIT] = { 5 * SECOND_NS, true },
	[TIMER_KEEPALIVE] = { 10 * SECOND_NS, false },
	[TIMER_NEW_HANDSHAKE] = { 15 * SECOND_NS, true },
	[TIMER_FORGET] = { 540 * SECOND_NS, false },
	[TIMER_PERSISTENT] = { INTERVAL * SECOND_NS, false },
};

static void happen(struct timers *t, enum event what, const struct rng *rng)
{
	switch (what) {
	case DATA_SENT:
		timers_data_sent(t, NOW, rng);
		return;
	case DATA_RECEIVED:
		timers_data_received(t, NOW);
		return;
	case ANY_SENT:
		timers_any_sent(t);
		return;
	case ANY_RECEIVED:
		timers_any_received(t);
		return;
	case TRAVERSAL:
		timers_traversal(t, NOW);
		return;
	case INITIATION_SENT:
		timers_initiation_sent(t, NOW, rng);
		return;
	case SESSION_DERIVED:
		timers_session_derived(t, NOW);
		return;
	case HANDSHAKE_COMPLETE:
		timers_handshake_complete(t);
		return;
	case EVENT_COUNT:
		return;
	}
}

/* Armed now: at the right distance, whole milliseconds of jitter where there is any. */
static void check_armed(const struct timers *t, int which)
{
	uint64_t early = NOW + delays[which].delay_ns;
	uint64_t late = early + (delays[which].jitter ? 333 * MILLI_NS : 0);

	assert_true(t->at[which] >= early && t->at[which] <= late);
	assert_int_equal((t->at[which] - early) % MILLI_NS, 0);
}

static void check_cell(enum event what, int which, bool before, bool running)
{
	struct timers t = started();
	struct seed s = { (uint64_t)(what * 100 + which) };
	struct rng rng = seed_chance(&s);
	const uint64_t was = before ? NOW + 7 : 0;
	enum effect effect = effects[what][which];

	t.interval = INTERVAL;
	if (!running)
		t.heap = NULL;
	t.at[which] = was;
	happen(&t, what, &rng);
	if (effect == CANCEL)
		assert_int_equal(t.at[which], 0);
	else if (running && (effect == REARM || (effect == ARM && !before)))
		check_armed(&t, which);
	else
		assert_true(t.at[which] == was);
	for (int other = 0; other < TIMER_COUNT; other++) {
		if (other != which && (effects[what][other] == LEAVE || !running))
			assert_int_equal(t.at[other], 0);
	}
}

static void test_every_event_does_what_the_table_says_to_every_timer(void **state)
{
	(void)state;
	for (int what = 0; what < EVENT_COUNT; what++) {
		for (int which = 0; which < TIMER_COUNT; which++) {
			check_cell((enum event)what, which, false, true);
			check_cell((enum event)what, which, true, true);
			check_cell((enum event)what, which, false, false);
		}
	}
}

static void test_only_a_handshake_resets_the_counts(void **state)
{
	(void)state;
	for (int what = 0; what < EVENT_COUNT; what++) {
		struct timers t = started();
		struct seed s = { 1 };
		struct rng rng = seed_chance(&s);

		t.attempts = 7;
		t.need_another = t.last_minute = true;
		happen(&t, (enum event)what, &rng);
		assert_int_equal(t.attempts, what == HANDSHAKE_COMPLETE ? 0 : 7);
		assert_int_equal(t.last_minute, what != HANDSHAKE_COMPLETE);
		assert_true(t.need_another); /* cleared on expiry only */
	}
}

static void test_more_data_while_the_keepalive_waits_asks_for_another(void **state)
{
	(void)state;
	struct timers t = started();

	timers_data_received(&t, NOW);
	assert_false(t.need_another);
	timers_data_received(&t, NOW + SECOND_NS);
	assert_true(t.need_another);
	assert_true(t.at[TIMER_KEEPALIVE] == NOW + 10 * SECOND_NS); /* from the first */
	timers_any_sent(&t);
	assert_true(t.need_another);
}

static void test_persistent_keepalive_follows_its_interval(void **state)
{
	(void)state;
	struct timers t = started();

	timers_traversal(&t, NOW);
	assert_int_equal(t.at[TIMER_PERSISTENT], 0); /* off */
	t.interval = 65535;
	timers_traversal(&t, NOW);
	assert_true(t.at[TIMER_PERSISTENT] == NOW + 65535 * SECOND_NS);
	t.interval = 1;
	timers_traversal(&t, NOW + 5);
	assert_true(t.at[TIMER_PERSISTENT] == NOW + 5 + SECOND_NS);
	t.interval = 0;
	timers_traversal(&t, NOW + 6);
	assert_true(t.at[TIMER_PERSISTENT] == NOW + 5 + SECOND_NS);
}

static void test_a_closed_gate_is_tried_again_when_it_opens(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 100; seed++) {
		struct timers t = started();
		struct seed s = { seed };
		struct rng rng = seed_chance(&s);

		timers_gate_closed(&t, NOW, &rng);
		assert_true(t.at[TIMER_RETRANSMIT] >= NOW);
		assert_true(t.at[TIMER_RETRANSMIT] <= NOW + 333 * MILLI_NS);
	}
}

static void test_jitter_takes_every_value_from_0_to_333_ms(void **state)
{
	(void)state;
	struct seed s = { 9 };
	struct rng rng = seed_chance(&s);
	bool seen[334] = { false };

	for (int i = 0; i < 20000; i++) {
		struct timers t = started();

		timers_initiation_sent(&t, NOW, &rng);
		seen[(t.at[TIMER_RETRANSMIT] - NOW - 5 * SECOND_NS) / MILLI_NS] = true;
	}
	for (size_t i = 0; i < LEN(seen); i++)
		assert_true(seen[i]);
}

static void test_the_earliest_is_next_and_each_is_taken_once(void **state)
{
	(void)state;
	struct timers t = started();
	int which;

	assert_true(timers_next(&t) == UINT64_MAX);
	assert_int_equal(timers_take(&t, UINT64_MAX), -1);
	for (int i = 0; i < TIMER_COUNT; i++)
		t.at[i] = 100 + (uint64_t)((i + 2) % TIMER_COUNT);
	for (uint64_t at = 100; at < 100 + TIMER_COUNT; at++) {
		assert_true(timers_next(&t) == at);
		assert_int_equal(timers_take(&t, at - 1), -1);
		which = timers_take(&t, at);
		assert_int_equal((which + 2) % TIMER_COUNT, at - 100);
		assert_int_equal(t.at[which], 0);
	}
	assert_true(timers_next(&t) == UINT64_MAX);
}

static void test_stopping_disarms_all_and_keeps_the_interval(void **state)
{
	(void)state;
	struct seed s = { 2 };
	struct rng rng = seed_chance(&s);
	struct timers t = { .interval = INTERVAL };

	started();
	timers_start(&t, &heap);
	for (int what = 0; what < EVENT_COUNT; what++)
		happen(&t, (enum event)what, &rng);
	t.attempts = 3;
	t.need_another = t.last_minute = true;
	assert_true(timers_next(&t) != UINT64_MAX);
	assert_int_equal(heap.n, 1);
	timers_stop(&t);
	assert_int_equal(heap.n, 0);
	assert_true(timers_next(&t) == UINT64_MAX);
	assert_int_equal(t.attempts, 0);
	assert_false(t.need_another || t.last_minute || t.heap);
	assert_int_equal(t.interval, INTERVAL);
}

/* Whatever happens, in whatever order: nothing is due before the heap says so. */
static void test_the_heap_knows_of_every_timer_at_once(void **state)
{
	(void)state;
	struct seed s = { 3 };
	struct rng rng = seed_chance(&s);
	struct timers t = started();

	t.interval = INTERVAL;
	for (int i = 0; i < 20000; i++) {
		uint64_t now = NOW + (uint64_t)i * 100 * MILLI_NS;

		switch (seed_below(&s, EVENT_COUNT + 3)) {
		case EVENT_COUNT:
			timers_handshake_wanted(&t, now);
			break;
		case EVENT_COUNT + 1:
			timers_gate_closed(&t, now + SECOND_NS, &rng);
			break;
		case EVENT_COUNT + 2:
			timers_gave_up(&t, now);
			break;
		default:
			happen(&t, (enum event)seed_below(&s, EVENT_COUNT), &rng);
		}
		assert_true(deadlines_next(&heap) <= timers_next(&t));
		if (deadlines_next(&heap) <= now) {
			assert_ptr_equal(timers_of(deadlines_take(&heap, now)), &t);
			while (timers_take(&t, now) >= 0)
				;
			assert_true(timers_next(&t) > now);
			assert_true(deadlines_next(&heap) == timers_next(&t));
		}
	}
}

static void test_a_wanted_handshake_is_due_at_once(void **state)
{
	(void)state;
	struct timers t = started();

	timers_handshake_wanted(&t, NOW);
	assert_int_equal(timers_take(&t, NOW), TIMER_NEW_HANDSHAKE);
	assert_int_equal(timers_take(&t, NOW), -1);
}

static void test_giving_up_ends_the_keepalive_and_keeps_the_keys_for_a_while(void **state)
{
	(void)state;
	struct timers t = started();
	uint64_t forget;

	t.unanswered = 9;
	timers_data_received(&t, NOW);
	timers_gave_up(&t, NOW);
	assert_int_equal(t.unanswered, 0);
	assert_int_equal(t.at[TIMER_KEEPALIVE], 0);
	forget = t.at[TIMER_FORGET];
	assert_true(forget == NOW + 540 * SECOND_NS);
	timers_gave_up(&t, NOW + SECOND_NS); /* the first counts */
	assert_true(t.at[TIMER_FORGET] == forget);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_event_does_what_the_table_says_to_every_timer),
		cmocka_unit_test(test_only_a_handshake_resets_the_counts),
		cmocka_unit_test(test_more_data_while_the_keepalive_waits_asks_for_another),
		cmocka_unit_test(test_persistent_keepalive_follows_its_interval),
		cmocka_unit_test(test_a_closed_gate_is_tried_again_when_it_opens),
		cmocka_unit_test(test_jitter_takes_every_value_from_0_to_333_ms),
		cmocka_unit_test(test_the_earliest_is_next_and_each_is_taken_once),
		cmocka_unit_test(test_stopping_disarms_all_and_keeps_the_interval),
		cmocka_unit_test(test_the_heap_knows_of_every_timer_at_once),
		cmocka_unit_test(test_a_wanted_handshake_is_due_at_once),
		cmocka_unit_test(test_giving_up_ends_the_keepalive_and_keeps_the_keys_for_a_while),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
