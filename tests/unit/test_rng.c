/* SPDX-License-Identifier: ISC */
#include "crypto/rng.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "hex.h"

/* A fixed list of numbers, whose last one is repeated. */
struct script {
	const uint32_t *values;
	size_t n, asked;
};

static void follow(void *ctx, void *out, size_t len)
{
	struct script *script = ctx;
	size_t i = script->asked < script->n ? script->asked : script->n - 1;

	assert_int_equal(len, 4);
	store_le32(out, script->values[i]);
	script->asked++;
}

static void test_numbers_are_little_endian_bytes_of_the_source(void **state)
{
	const uint32_t values[] = { 0x01020304, 0xfffefdfc };
	struct script script = { .values = values, .n = 2 };
	const struct rng rng = { .fill = follow, .ctx = &script };

	(void)state;
	assert_true(rng_u32(&rng) == 0x01020304);
	assert_true(rng_u32(&rng) == 0xfffefdfc);
}

static void test_numbers_that_would_be_biased_are_drawn_again(void **state)
{
	/* 2^32 mod 3 = 1: only the very last number is too many. */
	const uint32_t values[] = { UINT32_MAX, UINT32_MAX, UINT32_MAX - 1 };
	struct script script = { .values = values, .n = 3 };
	const struct rng rng = { .fill = follow, .ctx = &script };

	(void)state;
	assert_int_equal(rng_below(&rng, 3), (UINT32_MAX - 1) % 3);
	assert_int_equal(script.asked, 3);

	/* 2^32 mod 2^31 = 0: none is. */
	script.asked = 0;
	assert_true(rng_below(&rng, UINT32_C(1) << 31) == UINT32_MAX % (UINT32_C(1) << 31));
	assert_int_equal(script.asked, 1);
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, 8);
}

/* Small draws come from a stock: over many refills, with other sizes between, none comes twice. */
static void test_the_stock_never_repeats(void **state)
{
	static uint64_t drawn[4096];
	uint8_t other[7];

	(void)state;
	for (size_t i = 0; i < LEN(drawn); i++) {
		rng_fill(&rng_system, &drawn[i], sizeof(drawn[i]));
		rng_fill(&rng_system, other, i % sizeof(other));
	}
	qsort(drawn, LEN(drawn), sizeof(drawn[0]), compare);
	for (size_t i = 1; i < LEN(drawn); i++)
		assert_true(drawn[i] != drawn[i - 1]);
}

static void test_a_stuck_source_does_not_hold_us(void **state)
{
	const uint32_t stuck[] = { UINT32_MAX, 0 };
	const uint32_t bounds[] = { 1, 2, 3, 1000, UINT32_C(0x80000001), UINT32_MAX };
	size_t i, j;

	(void)state;
	for (i = 0; i < LEN(stuck); i++) {
		for (j = 0; j < LEN(bounds); j++) {
			struct script script = { .values = &stuck[i], .n = 1 };
			const struct rng rng = { .fill = follow, .ctx = &script };

			assert_true(rng_below(&rng, bounds[j]) < bounds[j]);
		}
	}
}

static void test_every_number_below_the_bound_comes_about_equally_often(void **state)
{
	enum { BOUND = 7, DRAWS = 70000 };
	unsigned count[BOUND] = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < DRAWS; i++) {
		uint32_t value = rng_below(&rng_system, BOUND);

		assert_true(value < BOUND);
		count[value]++;
	}
	/* The deviation is 93; ten of them never happen. */
	for (i = 0; i < BOUND; i++)
		assert_in_range(count[i], DRAWS / BOUND - 930, DRAWS / BOUND + 930);
}

static void test_the_system_fills_every_byte_and_never_repeats(void **state)
{
	uint8_t bytes[48], last[48] = { 0 }, seen[48] = { 0 };
	size_t round, i;

	(void)state;
	memset(bytes, 0, sizeof(bytes));
	for (round = 0; round < 64; round++) {
		rng_fill(&rng_system, bytes, sizeof(bytes) - 1);
		assert_memory_not_equal(bytes, last, sizeof(bytes));
		memcpy(last, bytes, sizeof(bytes));
		for (i = 0; i < sizeof(bytes); i++)
			seen[i] |= bytes[i];
	}
	for (i = 0; i < sizeof(bytes) - 1; i++)
		assert_int_equal(seen[i], 0xff);
	assert_int_equal(seen[sizeof(bytes) - 1], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers_are_little_endian_bytes_of_the_source),
		cmocka_unit_test(test_numbers_that_would_be_biased_are_drawn_again),
		cmocka_unit_test(test_the_stock_never_repeats),
		cmocka_unit_test(test_a_stuck_source_does_not_hold_us),
		cmocka_unit_test(test_every_number_below_the_bound_comes_about_equally_often),
		cmocka_unit_test(test_the_system_fills_every_byte_and_never_repeats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
