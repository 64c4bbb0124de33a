/* SPDX-License-Identifier: ISC */
#include "proto/deadlines.h"

#include <errno.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "hex.h"
#include "seed.h"

enum { MANY = 500 };

static struct deadline entries[MANY];

static void test_an_empty_heap_waits_for_nothing(void **state)
{
	(void)state;
	struct deadlines d = { 0 };
	struct deadline e = { 0 };

	assert_true(deadlines_next(&d) == UINT64_MAX);
	assert_null(deadlines_take(&d, UINT64_MAX));
	deadlines_at_latest(&d, &e, UINT64_MAX); /* no wish, so no room needed */
	deadlines_remove(&d, &e);
	assert_int_equal(d.n, 0);
	deadlines_fini(&d);
}

static void test_a_wish_moves_earlier_and_never_later(void **state)
{
	(void)state;
	struct deadlines d = { 0 };
	struct deadline e = { 0 };

	assert_int_equal(deadlines_reserve(&d, 1), 0);
	deadlines_at_latest(&d, &e, 50);
	deadlines_at_latest(&d, &e, 60);
	assert_true(deadlines_next(&d) == 50);
	deadlines_at_latest(&d, &e, 40);
	assert_true(deadlines_next(&d) == 40);
	deadlines_at_latest(&d, &e, UINT64_MAX);
	assert_true(deadlines_next(&d) == 40);
	assert_null(deadlines_take(&d, 39));
	assert_ptr_equal(deadlines_take(&d, 40), &e);
	assert_int_equal(e.place, 0);
	deadlines_at_latest(&d, &e, 60);
	assert_true(deadlines_next(&d) == 60);
	deadlines_remove(&d, &e);
	deadlines_remove(&d, &e);
	assert_int_equal(d.n, 0);
	deadlines_fini(&d);
}

/* The model: which entry waits, and for when. */
static uint64_t wish[MANY];

static uint64_t earliest(void)
{
	uint64_t at = UINT64_MAX;

	for (size_t i = 0; i < MANY; i++)
		at = wish[i] < at ? wish[i] : at;
	return at;
}

static size_t waiting(void)
{
	size_t n = 0;

	for (size_t i = 0; i < MANY; i++)
		n += wish[i] != UINT64_MAX;
	return n;
}

static void test_random_operations_agree_with_a_list(void **state)
{
	(void)state;
	struct deadlines d = { 0 };
	struct seed s = { 4 };

	memset(entries, 0, sizeof(entries));
	memset(wish, 0xff, sizeof(wish));
	assert_int_equal(deadlines_reserve(&d, MANY), 0);
	for (int i = 0; i < 100000; i++) {
		size_t k = seed_below(&s, MANY);
		uint64_t at = 1 + seed_below(&s, 3000); /* equal times do happen */
		struct deadline *e;

		switch (seed_below(&s, 4)) {
		case 0:
		case 1:
			deadlines_at_latest(&d, &entries[k], at);
			wish[k] = at < wish[k] ? at : wish[k];
			break;
		case 2:
			deadlines_remove(&d, &entries[k]);
			wish[k] = UINT64_MAX;
			break;
		default:
			e = deadlines_take(&d, at / 16);
			assert_int_equal(e != NULL, earliest() <= at / 16);
			if (e) {
				assert_true(wish[e - entries] == earliest());
				wish[e - entries] = UINT64_MAX;
			}
		}
		assert_true(deadlines_next(&d) == earliest());
		if (i % 100 == 0)
			assert_int_equal(d.n, waiting());
	}
	deadlines_fini(&d);
}

static void check_sorted(uint64_t seed)
{
	struct deadlines d = { 0 };
	struct seed s = { seed };
	uint64_t last = 0;
	struct deadline *e;
	size_t n = 0;

	memset(entries, 0, sizeof(entries));
	assert_int_equal(deadlines_reserve(&d, MANY), 0);
	for (size_t i = 0; i < MANY; i++)
		deadlines_at_latest(&d, &entries[i], seed_next(&s) >> 1);
	for (size_t i = 0; i < MANY; i += 3) /* holes anywhere are filled from the end */
		deadlines_remove(&d, &entries[i]);
	while ((e = deadlines_take(&d, UINT64_MAX))) {
		assert_true(e->at >= last);
		last = e->at;
		n++;
	}
	assert_int_equal(n, MANY - (MANY + 2) / 3);
	deadlines_fini(&d);
}

static void test_entries_come_out_sorted(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 100; seed++)
		check_sorted(seed);
}

static void test_room_grows_shrinks_and_may_fail(void **state)
{
	(void)state;
	struct deadlines d = { 0 };

	mem_fail_after(0);
	assert_int_equal(deadlines_reserve(&d, 1), -ENOMEM);
	mem_fail_after(-1);
	assert_int_equal(deadlines_reserve(&d, 10000), 0);
	assert_true(d.cap >= 10000);
	mem_fail_after(0); /* to become smaller cannot fail */
	assert_int_equal(deadlines_reserve(&d, 10), 0);
	mem_fail_after(-1);
	assert_int_equal(deadlines_reserve(&d, 10), 0);
	assert_in_range(d.cap, 10, 64);
	mem_fail_after(0);
	assert_int_equal(deadlines_reserve(&d, 1000), -ENOMEM);
	mem_fail_after(-1);
	assert_in_range(d.cap, 10, 64);
	deadlines_fini(&d);
	assert_null(d.heap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_empty_heap_waits_for_nothing),
		cmocka_unit_test(test_a_wish_moves_earlier_and_never_later),
		cmocka_unit_test(test_random_operations_agree_with_a_list),
		cmocka_unit_test(test_entries_come_out_sorted),
		cmocka_unit_test(test_room_grows_shrinks_and_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
