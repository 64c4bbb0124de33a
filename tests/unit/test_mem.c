/* SPDX-License-Identifier: ISC */
#include "base/mem.h"

#include "hex.h"

static void test_new_memory_is_zero(void **state)
{
	static const uint8_t zero[4096];
	void *p;
	int i;

	(void)state;
	for (i = 0; i < 4; i++) { /* memory that was used before as well */
		p = mem_new(sizeof(zero));
		assert_non_null(p);
		assert_memory_equal(p, zero, sizeof(zero));
		memset(p, 0xff, sizeof(zero));
		mem_free(p);
	}
	p = mem_new_array(64, 64);
	assert_non_null(p);
	assert_memory_equal(p, zero, sizeof(zero));
	mem_free(p);
}

static void test_no_bytes_are_not_a_failure(void **state)
{
	void *p;

	(void)state;
	p = mem_new(0);
	assert_non_null(p);
	mem_free(p);
	p = mem_new_array(0, 8);
	assert_non_null(p);
	p = mem_resize(p, 0, 8);
	assert_non_null(p);
	mem_free(p);
	mem_free(NULL);
}

static void test_products_that_overflow_give_nothing(void **state)
{
	char *kept = mem_text("kept", 4);

	(void)state;
	assert_non_null(kept);
	assert_null(mem_new_array(SIZE_MAX / 2 + 1, 2));
	assert_null(mem_resize(kept, SIZE_MAX / 2 + 1, 2));
	assert_null(mem_text(kept, SIZE_MAX));
	assert_string_equal(kept, "kept");
	mem_free(kept);
}

static void test_resize_keeps_what_fits(void **state)
{
	uint32_t *array = mem_new_array(2, sizeof(*array)), *more;

	(void)state;
	assert_non_null(array);
	array[0] = 1;
	array[1] = 2;
	more = mem_resize(array, 1000, sizeof(*array));
	assert_non_null(more);
	assert_int_equal(more[0], 1);
	assert_int_equal(more[1], 2);
	mem_free(more);
}

static void test_text_copies_len_characters_and_ends_them(void **state)
{
	char *copy = mem_text("abcdef", 3), *empty = mem_text(NULL, 0);

	(void)state;
	assert_string_equal(copy, "abc");
	assert_string_equal(empty, "");
	mem_free(copy);
	mem_free(empty);
}

static void test_the_chosen_allocation_fails_and_no_other(void **state)
{
	void *first, *third;

	(void)state;
	mem_fail_after(1);
	first = mem_new(1);
	assert_non_null(first);
	assert_null(mem_new(1));
	third = mem_new(1);
	assert_non_null(third);

	mem_fail_after(0);
	assert_null(mem_resize(first, 2, 1)); /* and first is still there */
	mem_fail_after(0);
	mem_fail_after(-1);
	first = mem_resize(first, 2, 1);
	assert_non_null(first);
	mem_free(first);
	mem_free(third);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new_memory_is_zero),
		cmocka_unit_test(test_no_bytes_are_not_a_failure),
		cmocka_unit_test(test_products_that_overflow_give_nothing),
		cmocka_unit_test(test_resize_keeps_what_fits),
		cmocka_unit_test(test_text_copies_len_characters_and_ends_them),
		cmocka_unit_test(test_the_chosen_allocation_fails_and_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
