/* SPDX-License-Identifier: ISC */
#include "proto/replay.h"

#include "hex.h"
#include "proto/limits.h"
#include "seed.h"
#include "vectors.h"

static void test_window_answers_as_the_vectors_say(void **state)
{
	(void)state;
	assert_int_equal(REPLAY_WINDOW, replay_vectors.window);
	assert_int_equal(REPLAY_BITS, replay_vectors.ring_bits);
	assert_true(REJECT_AFTER_MESSAGES == replay_vectors.reject_after_messages);
	for (size_t i = 0; i < replay_vectors.n_sequences; i++) {
		struct replay r = { 0 };

		for (size_t k = 0; k < replay_vectors.sequences[i].n_step; k++) {
			uint64_t counter = replay_vectors.sequences[i].step[k].counter;
			bool want = replay_vectors.sequences[i].step[k].accept;

			if (replay_accept(&r, counter) != want)
				fail_msg("sequence %zu, step %zu", i, k);
		}
	}
}

/* The bulk fills of the kernel's self-test: up, down, with one hole at either end. */
static void test_window_accepts_each_counter_once_in_any_order(void **state)
{
	(void)state;
	struct replay up = { 0 }, down = { 0 };

	for (uint64_t i = 0; i <= REPLAY_WINDOW; i++)
		assert_true(replay_accept(&up, i));
	for (uint64_t i = 0; i <= REPLAY_WINDOW; i++)
		assert_false(replay_accept(&up, i));
	for (uint64_t i = REPLAY_WINDOW + 1; i > 0; i--)
		assert_true(replay_accept(&down, i - 1));
	for (uint64_t i = 0; i <= REPLAY_WINDOW; i++)
		assert_false(replay_accept(&down, i));
}

static void test_window_ends_exactly_8128_behind_the_highest(void **state)
{
	(void)state;
	for (uint64_t top = REPLAY_WINDOW; top < REPLAY_WINDOW + 300; top++) {
		struct replay r = { 0 };

		assert_true(replay_accept(&r, top));
		if (top > REPLAY_WINDOW)
			assert_false(replay_accept(&r, top - REPLAY_WINDOW - 1));
		assert_true(replay_accept(&r, top - REPLAY_WINDOW));
		assert_false(replay_accept(&r, top - REPLAY_WINDOW));
	}
}

static void test_window_refuses_every_counter_from_the_limit_on(void **state)
{
	(void)state;
	struct replay r = { 0 };

	for (uint64_t c = REJECT_AFTER_MESSAGES; c != 0; c++)
		assert_false(replay_accept(&r, c));
	assert_int_equal(r.top, 0);
	assert_true(replay_accept(&r, REJECT_AFTER_MESSAGES - 1));
	assert_false(replay_accept(&r, REJECT_AFTER_MESSAGES - 1));
	assert_false(replay_accept(&r, REJECT_AFTER_MESSAGES));
	assert_true(replay_accept(&r, REJECT_AFTER_MESSAGES - 1 - REPLAY_WINDOW));
}

enum { MODEL = 1 << 15 };

/*
 * The window as a set: which of the last MODEL counters were taken.  Slots of a
 * counter hold the counter itself plus one, so they need no clearing.
 */
struct model {
	uint64_t top, taken[MODEL];
};

static bool model_accept(struct model *m, uint64_t counter)
{
	if (counter >= REJECT_AFTER_MESSAGES)
		return false;
	if (m->top && counter + REPLAY_WINDOW < m->top - 1)
		return false;
	if (m->taken[counter % MODEL] == counter + 1)
		return false;
	m->taken[counter % MODEL] = counter + 1;
	if (counter + 1 > m->top)
		m->top = counter + 1;
	return true;
}

static uint64_t draw(struct seed *s, uint64_t base, uint64_t top)
{
	uint64_t n = top ? top - 1 : base;

	switch (seed_below(s, 16)) {
	case 0: /* a jump, sometimes further than once around */
		return n + seed_below(s, 3 * REPLAY_BITS);
	case 1: /* around the far end */
		return n - REPLAY_WINDOW - 32 + seed_below(s, 64);
	case 2:
	case 3:
	case 4: /* somewhere in the window, or just behind it */
		return n - seed_below(s, REPLAY_BITS + 200);
	case 5: /* exactly a word or a ring further */
		return n + (uint64_t)64 * seed_below(s, 260);
	default:
		return n + 1 + seed_below(s, 3);
	}
}

static void check_stream(uint64_t seed, uint64_t base, uint32_t steps)
{
	static struct model m;
	struct replay r = { 0 };
	struct seed s = { seed };

	memset(&m, 0, sizeof(m));
	for (uint32_t i = 0; i < steps; i++) {
		uint64_t counter = draw(&s, base, m.top);

		if (replay_accept(&r, counter) != model_accept(&m, counter))
			fail_msg("seed %#lx, step %u, counter %#lx", (unsigned long)seed, i,
				 (unsigned long)counter);
		assert_true(r.top == m.top);
	}
}

static void test_window_agrees_with_a_set_on_random_streams(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 40; seed++)
		check_stream(seed, UINT64_C(1) << (14 + seed % 48), 20000);
}

static void test_window_agrees_with_a_set_near_the_limit(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 40; seed++)
		check_stream(1000 + seed, REJECT_AFTER_MESSAGES - 20000, 20000);
}

static void test_window_agrees_with_a_set_from_zero(void **state)
{
	(void)state;
	static struct model m;

	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct replay r = { 0 };
		struct seed s = { seed };

		memset(&m, 0, sizeof(m));
		for (uint32_t i = 0; i < 20000; i++) {
			uint64_t counter = seed_below(&s, 100 + i);

			assert_int_equal(replay_accept(&r, counter), model_accept(&m, counter));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_window_answers_as_the_vectors_say),
		cmocka_unit_test(test_window_accepts_each_counter_once_in_any_order),
		cmocka_unit_test(test_window_ends_exactly_8128_behind_the_highest),
		cmocka_unit_test(test_window_refuses_every_counter_from_the_limit_on),
		cmocka_unit_test(test_window_agrees_with_a_set_on_random_streams),
		cmocka_unit_test(test_window_agrees_with_a_set_near_the_limit),
		cmocka_unit_test(test_window_agrees_with_a_set_from_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
