/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "conf/directives.h"
#include "daemon/tunnelside.h"
#include "monitor/hostside.h"
#include "privsep/reconcile.h"

/* --- the walk, over parts that write down what they are told --- */

enum { FAKES = 3, EVERY = WALK_START | WALK_RELOAD | WALK_SET | WALK_END };

static char told[256];
static int failing; /* the part whose plan fails; -1: none */

static void note(char what, int part)
{
	size_t len = strlen(told);

	snprintf(told + len, sizeof(told) - len, "%c%d ", what, part);
}

static int plan(int part)
{
	note('p', part);
	return part == failing ? -ENOSPC : 0;
}

#define FAKE(i)                                              \
	static int plan_##i(void *side, struct change *c)    \
	{                                                    \
		(void)side;                                  \
		(void)c;                                     \
		return plan(i);                              \
	}                                                    \
	static void commit_##i(void *side, struct change *c) \
	{                                                    \
		(void)side;                                  \
		(void)c;                                     \
		note('c', i);                                \
	}                                                    \
	static void cancel_##i(void *side, struct change *c) \
	{                                                    \
		(void)side;                                  \
		(void)c;                                     \
		note('x', i);                                \
	}

FAKE(0)
FAKE(1)
FAKE(2)

#define PART(i, walks)                                            \
	{                                                         \
#i, walks, NULL, plan_##i, commit_##i, cancel_##i \
	}

static const struct part fakes[FAKES] = { PART(0, EVERY), PART(1, EVERY), PART(2, EVERY) };

static int run_plan(const struct part *table, size_t n, enum walk walk, int fails)
{
	const struct parts parts = { table, n };
	struct change change = { .walk = walk };

	failing = fails;
	*told = '\0';
	return reconcile_plan(&parts, NULL, &change);
}

static void run_commit(const struct part *table, size_t n, enum walk walk)
{
	const struct parts parts = { table, n };
	struct change change = { .walk = walk };

	*told = '\0';
	reconcile_commit(&parts, NULL, &change);
}

static void test_plans_and_commits_go_in_order(void **state)
{
	(void)state;
	for (unsigned walk = WALK_START; walk < WALK_END; walk <<= 1) {
		assert_int_equal(run_plan(fakes, FAKES, (enum walk)walk, -1), 0);
		assert_string_equal(told, "p0 p1 p2 ");
		run_commit(fakes, FAKES, (enum walk)walk);
		assert_string_equal(told, "c0 c1 c2 ");
	}
}

static void test_the_end_commits_in_reverse(void **state)
{
	(void)state;
	run_commit(fakes, FAKES, WALK_END);
	assert_string_equal(told, "c2 c1 c0 ");
}

static void test_failed_plan_cancels_those_before_it_in_reverse(void **state)
{
	static const char *const expected[FAKES] = { "p0 ", "p0 p1 x0 ", "p0 p1 p2 x1 x0 " };

	(void)state;
	for (int fails = 0; fails < FAKES; fails++) {
		assert_int_equal(run_plan(fakes, FAKES, WALK_RELOAD, fails), -ENOSPC);
		assert_string_equal(told, expected[fails]);
	}
}

static void test_all_plans_can_be_cancelled_in_reverse(void **state)
{
	const struct parts parts = { fakes, FAKES };
	struct change change = { .walk = WALK_RELOAD };

	(void)state;
	*told = '\0';
	reconcile_cancel(&parts, NULL, &change);
	assert_string_equal(told, "x2 x1 x0 ");
}

static void test_only_the_parts_of_a_walk_are_visited(void **state)
{
	static const struct part some[] = {
		PART(0, WALK_START),
		PART(1, WALK_START | WALK_SET),
		PART(2, 0),
	};

	(void)state;
	assert_int_equal(run_plan(some, 3, WALK_SET, -1), 0);
	assert_string_equal(told, "p1 ");
	assert_int_equal(run_plan(some, 3, WALK_START, 1), -ENOSPC);
	assert_string_equal(told, "p0 p1 x0 ");
	run_commit(some, 3, WALK_END);
	assert_string_equal(told, "");
}

static void test_a_part_may_lack_any_step(void **state)
{
	static const struct part some[] = {
		{ "0", EVERY, NULL, plan_0, NULL, NULL },
		{ "1", EVERY, NULL, NULL, commit_1, NULL },
		{ "2", EVERY, NULL, plan_2, NULL, cancel_2 },
	};

	(void)state;
	(void)cancel_0;
	assert_int_equal(run_plan(some, 3, WALK_START, -1), 0);
	assert_string_equal(told, "p0 p2 ");
	run_commit(some, 3, WALK_START);
	assert_string_equal(told, "c1 ");
}

/* --- the real tables --- */

/* The i-th part of both; NULL: there are no more. */
static const struct part *part_at(size_t i)
{
	if (i < tunnelside_parts.n)
		return &tunnelside_parts.part[i];
	i -= tunnelside_parts.n;
	return i < hostside_parts.n ? &hostside_parts.part[i] : NULL;
}

static unsigned count_parts(const char *key)
{
	const struct part *p;
	unsigned n = 0;

	for (size_t i = 0; (p = part_at(i)); i++) {
		for (size_t k = 0; p->keys && p->keys[k]; k++)
			n += strcmp(p->keys[k], key) == 0;
	}
	return n;
}

static void test_each_key_of_a_file_belongs_to_one_part(void **state)
{
	struct directive word;
	int n = 0;

	(void)state;
	for (; directives_at(n, &word); n++) {
		if (count_parts(word.name) != 1)
			fail_msg("%s belongs to %u parts", word.name, count_parts(word.name));
	}
	assert_true(n > 20);
	assert_false(directives_at(-1, &word));
}

static bool is_key(const char *name)
{
	struct directive word;

	for (int i = 0; directives_at(i, &word); i++) {
		if (strcmp(word.name, name) == 0)
			return true;
	}
	return false;
}

static void test_each_key_of_a_part_exists(void **state)
{
	const struct part *p;

	(void)state;
	for (size_t i = 0; (p = part_at(i)); i++) {
		for (size_t k = 0; p->keys && p->keys[k]; k++) {
			if (!is_key(p->keys[k]))
				fail_msg("%s of part %s is not a key", p->keys[k], p->name);
		}
	}
}

/* A plan that nothing undoes must be one that changes nothing, or the device's own state. */
static void test_each_plan_can_be_cancelled(void **state)
{
	const struct part *p;

	(void)state;
	for (size_t i = 0; (p = part_at(i)); i++) {
		if (i >= tunnelside_parts.n && p->plan && !p->cancel)
			assert_string_equal(p->name, "link");
		if (p->cancel)
			assert_non_null(p->plan);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plans_and_commits_go_in_order),
		cmocka_unit_test(test_the_end_commits_in_reverse),
		cmocka_unit_test(test_failed_plan_cancels_those_before_it_in_reverse),
		cmocka_unit_test(test_all_plans_can_be_cancelled_in_reverse),
		cmocka_unit_test(test_only_the_parts_of_a_walk_are_visited),
		cmocka_unit_test(test_a_part_may_lack_any_step),
		cmocka_unit_test(test_each_key_of_a_file_belongs_to_one_part),
		cmocka_unit_test(test_each_key_of_a_part_exists),
		cmocka_unit_test(test_each_plan_can_be_cancelled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
