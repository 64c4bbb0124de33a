/* SPDX-License-Identifier: ISC */
#include "crypto/aead.h"

#include <errno.h>
#include <time.h>

#include "base/bytes.h"
#include "hex.h"

/* Which backend is chosen, by name and by speed, and what is reported about the others. */

static uint64_t real_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static uint64_t standing_clock(void)
{
	return 5;
}

/* Each step is longer than the one before: the first one measured is the fastest. */
static uint64_t tired_clock(void)
{
	static uint64_t now, step = 1000000;

	step += 10000;
	return now += step;
}

static uint64_t eager_clock(void)
{
	static uint64_t now, step = 1000000000;

	step -= 10000;
	return now += step;
}

static const struct aead_figures *figures_of(const char *name)
{
	const struct aead_figures *f;
	size_t i;

	for (i = 0; (f = aead_figures(i)); i++) {
		if (strcmp(f->name, name) == 0)
			return f;
	}
	return NULL;
}

static uint64_t cost(const struct aead_figures *f)
{
	return f->ns_64 + UINT64_C(3) * f->ns_1424;
}

static size_t count_begin(const char **first, const char **last)
{
	const struct aead_figures *f;
	size_t i, n = 0;

	for (i = 0; (f = aead_figures(i)); i++) {
		if (f->why_not)
			continue;
		if (n++ == 0)
			*first = f->name;
		*last = f->name;
	}
	return n;
}

static void test_all_have_a_name_and_sodium_always_works(void **state)
{
	size_t i;

	(void)state;
	assert_int_equal(aead_init(NULL), 0);
	for (i = 0; aead_figures(i); i++) {
		assert_string_equal(aead_figures(i)->name, aeadname(i + 1));
		assert_int_equal(aead_figures(i)->ns_64, 0);
		assert_int_equal(aead_figures(i)->ns_1424, 0);
	}
	assert_null(aead_figures(i));
	assert_null(figures_of("sodium")->why_not);
	assert_null(aead_lacks("sodium"));
	assert_null(aead_lacks("auto"));
}

static void test_what_was_built_in_is_usable_or_says_why_not(void **state)
{
	const struct aead_ops *ops;
	const char *why;
	size_t i;

	(void)state;
	assert_int_equal(aead_init(NULL), 0);
	for (i = 0; (ops = aead_backend(i)); i++) {
		const struct aead_figures *f = figures_of(ops->name);

		assert_int_equal(ops->begin(&why), !f->why_not);
		assert_int_equal(aead_lacks(ops->name) == NULL, !f->why_not);
		if (f->why_not)
			assert_string_equal(aead_lacks(ops->name), f->why_not);
	}
	assert_string_equal(aead_backend(i - 1)->name, "sodium");
}

static void test_a_name_forces_one_and_leaves_the_others_alone(void **state)
{
	const char *name, *other;
	size_t i, j;

	(void)state;
	for (i = 0; aead_backend(i); i++) {
		name = aead_backend(i)->name;
		if (aead_lacks(name)) {
			assert_int_equal(aead_init(name), -ENOENT);
			assert_string_equal(figures_of(name)->why_not, aead_lacks(name));
			continue;
		}
		assert_int_equal(aead_init(name), 0);
		assert_string_equal(aead_name(), name);
		aead_measure(real_clock);
		assert_string_equal(aead_name(), name);
		assert_true(figures_of(name)->ns_64 > 0);
		assert_true(figures_of(name)->ns_1424 > figures_of(name)->ns_64);
		for (j = 0; aead_backend(j); j++) {
			other = aead_backend(j)->name;
			if (j == i)
				continue;
			assert_string_equal(figures_of(other)->why_not, "not asked for");
			assert_int_equal(figures_of(other)->ns_64, 0);
		}
	}
}

static void test_a_name_that_does_not_fit_changes_nothing(void **state)
{
	static const char *const bad[] = { "", "Sodium", "sodium ", "ipsecmb", "au", "no-such" };
	size_t i;

	(void)state;
	assert_int_equal(aead_init("sodium"), 0);
	for (i = 0; i < LEN(bad); i++) {
		assert_int_equal(aead_init(bad[i]), -ENOENT);
		assert_string_equal(aead_lacks(bad[i]), "there is no such backend");
		assert_string_equal(aead_name(), "sodium");
	}
}

static void test_the_fastest_wins(void **state)
{
	const struct aead_figures *f;
	size_t i;

	(void)state;
	assert_int_equal(aead_init("auto"), 0);
	aead_measure(real_clock);
	for (i = 0; (f = aead_figures(i)); i++) {
		assert_int_equal(f->ns_64 > 0, !f->why_not);
		assert_int_equal(f->ns_1424 > 0, !f->why_not);
		if (!f->why_not)
			assert_true(cost(figures_of(aead_name())) <= cost(f));
	}
}

static void test_the_clock_alone_decides(void **state)
{
	const char *first = NULL, *last = NULL;

	(void)state;
	assert_int_equal(aead_init(NULL), 0);
	assert_true(count_begin(&first, &last) > 0);
	aead_measure(tired_clock);
	assert_string_equal(aead_name(), first);
	assert_int_equal(aead_init(NULL), 0);
	aead_measure(eager_clock);
	assert_string_equal(aead_name(), last);
}

static void test_a_clock_that_stands_ends_and_leaves_the_first(void **state)
{
	const char *first = NULL, *last = NULL;

	(void)state;
	assert_int_equal(aead_init(NULL), 0);
	assert_true(count_begin(&first, &last) > 0);
	aead_measure(standing_clock);
	assert_string_equal(aead_name(), first);
}

static void test_keys_work_after_every_choice(void **state)
{
	uint8_t data[64 + AEAD_TAG];
	const struct key key = { { 1 } };
	struct aead_job job = { .key = &key, .nonce = 1, .data = data };
	size_t i;

	(void)state;
	for (i = 0; aead_backend(i); i++) {
		if (aead_lacks(aead_backend(i)->name))
			continue;
		assert_int_equal(aead_init(aead_backend(i)->name), 0);
		memset(data, 9, sizeof(data));
		job.len = 64;
		aead_seal(&job, 1);
		job.len += AEAD_TAG;
		aead_open(&job, 1);
		assert_true(job.authentic);
		assert_int_equal(data[63], 9);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_have_a_name_and_sodium_always_works),
		cmocka_unit_test(test_what_was_built_in_is_usable_or_says_why_not),
		cmocka_unit_test(test_a_name_forces_one_and_leaves_the_others_alone),
		cmocka_unit_test(test_a_name_that_does_not_fit_changes_nothing),
		cmocka_unit_test(test_the_fastest_wins),
		cmocka_unit_test(test_the_clock_alone_decides),
		cmocka_unit_test(test_a_clock_that_stands_ends_and_leaves_the_first),
		cmocka_unit_test(test_keys_work_after_every_choice),
	};

	return cmocka_run_group_tests_name("aead_choice", tests, NULL, NULL);
}
