/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "fuzz/naive.h"
#include "io/csum.h"
#include "sim/prng.h"

enum { LONGEST = 2100, ROOM = LONGEST + 64, BIG = 65535 };

static const struct csum *way[2];
static unsigned n_ways;

static uint16_t in_network_order(uint16_t folded)
{
	uint8_t bytes[2];

	memcpy(bytes, &folded, 2);
	return load_be16(bytes);
}

static void test_every_way_agrees_with_the_plainest_for_all_lengths_and_places(void **state)
{
	static uint8_t from[ROOM], to[ROOM + 1];
	struct prng prng = { 7 };

	(void)state;
	prng_fill(&prng, from, sizeof(from));
	for (size_t len = 0; len <= LONGEST; len++) {
		size_t at = len % 33, there = len * 7 % 31;
		uint16_t want = naive_csum(from + at, len, 0);

		for (unsigned i = 0; i < n_ways; i++) {
			assert_int_equal(
				in_network_order(csum_fold(way[i]->add(0, from + at, len))), want);
			memset(to, 0xee, sizeof(to));
			assert_int_equal(in_network_order(csum_fold(
						 way[i]->copy(0, to + there, from + at, len))),
					 want);
			assert_memory_equal(to + there, from + at, len);
			assert_int_equal(to[there + len], 0xee);
			assert_true(there == 0 || to[there - 1] == 0xee);
		}
	}
}

static void test_sums_of_parts_make_the_sum_of_the_whole(void **state)
{
	static uint8_t bytes[ROOM];
	struct prng prng = { 8 };

	(void)state;
	prng_fill(&prng, bytes, sizeof(bytes));
	for (size_t cut = 0; cut <= 600; cut += 2) {
		for (unsigned i = 0; i < n_ways; i++) {
			uint64_t sum = way[i]->add(0, bytes, cut);

			sum = way[i]->add(sum, bytes + cut, 601 - cut);
			assert_int_equal(in_network_order(csum_fold(sum)),
					 naive_csum(bytes, 601, 0));
		}
	}
}

static void test_carries_are_not_lost_in_the_longest_packet_of_ones(void **state)
{
	static uint8_t ones[BIG + 1], to[BIG + 1];

	(void)state;
	memset(ones, 0xff, sizeof(ones));
	for (unsigned i = 0; i < n_ways; i++) {
		assert_int_equal(csum_fold(way[i]->add(0, ones, BIG + 1)), 0xffff);
		assert_int_equal(in_network_order(csum_fold(way[i]->copy(0, to, ones, BIG))),
				 naive_csum(ones, BIG, 0));
	}
	/* A sum at its most. */
	assert_int_equal(csum_fold(UINT64_MAX), 0xffff);
	assert_int_equal(csum_fold(0), 0);
	assert_int_equal(csum_fold(0x10000), 1);
	assert_int_equal(csum_fold(UINT64_C(0xffffffff00000001)), 1);
}

static void test_fields_are_summed_as_they_would_lie_in_memory(void **state)
{
	static const uint8_t bytes[] = { 0x12, 0x34 };

	(void)state;
	assert_int_equal(csum_be16(0x1234), csum_portable.add(0, bytes, 2));
}

static void test_the_best_way_is_one_of_them(void **state)
{
	(void)state;
	assert_ptr_equal(csum_best(), way[n_ways - 1]);
	assert_string_equal(csum_portable.name, "portable");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_every_way_agrees_with_the_plainest_for_all_lengths_and_places),
		cmocka_unit_test(test_sums_of_parts_make_the_sum_of_the_whole),
		cmocka_unit_test(test_carries_are_not_lost_in_the_longest_packet_of_ones),
		cmocka_unit_test(test_fields_are_summed_as_they_would_lie_in_memory),
		cmocka_unit_test(test_the_best_way_is_one_of_them),
	};

	way[n_ways++] = &csum_portable;
	if (csum_avx2())
		way[n_ways++] = csum_avx2();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
