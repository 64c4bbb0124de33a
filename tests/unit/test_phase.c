/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "monitor/phase.h"

/* The table of phase.h, in full: what is not in here must be refused. */
static const struct {
	enum phase from, to;
} legal[] = {
	{ PHASE_NEW, PHASE_STARTING },     { PHASE_STARTING, PHASE_UP },
	{ PHASE_STARTING, PHASE_ABORTED }, { PHASE_STARTING, PHASE_DOWN },
	{ PHASE_UP, PHASE_STOPPING },      { PHASE_ABORTED, PHASE_DOWN },
	{ PHASE_ABORTED, PHASE_STOPPING }, { PHASE_STOPPING, PHASE_DOWN },
};

static bool is_legal(enum phase from, enum phase to)
{
	for (size_t i = 0; i < sizeof(legal) / sizeof(*legal); i++) {
		if (legal[i].from == from && legal[i].to == to)
			return true;
	}
	return false;
}

static void test_only_documented_transitions_change_the_phase(void **state)
{
	(void)state;
	for (int from = 0; from < PHASES; from++) {
		for (int to = 0; to < PHASES; to++) {
			enum phase phase = (enum phase)from;
			bool may = is_legal(phase, (enum phase)to);

			assert_int_equal(phase_may_follow(phase, (enum phase)to), may);
			assert_int_equal(phase_set(&phase, (enum phase)to), may);
			assert_int_equal((int)phase, may ? to : from);
		}
	}
}

static void test_each_phase_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (int i = 0; i < PHASES; i++) {
		assert_non_null(phase_name((enum phase)i));
		for (int k = 0; k < i; k++)
			assert_string_not_equal(phase_name((enum phase)i),
						phase_name((enum phase)k));
	}
}

static void test_down_hooks_are_due_only_after_a_complete_start(void **state)
{
	(void)state;
	for (int i = 0; i < PHASES; i++)
		assert_int_equal(phase_was_up((enum phase)i), i == PHASE_UP || i == PHASE_STOPPING);
}

static void test_a_tunnel_is_over_once_it_was_told_to_stop(void **state)
{
	(void)state;
	for (int i = 0; i < PHASES; i++)
		assert_int_equal(phase_is_over((enum phase)i), i >= PHASE_ABORTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_documented_transitions_change_the_phase),
		cmocka_unit_test(test_each_phase_has_a_name_of_its_own),
		cmocka_unit_test(test_down_hooks_are_due_only_after_a_complete_start),
		cmocka_unit_test(test_a_tunnel_is_over_once_it_was_told_to_stop),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
