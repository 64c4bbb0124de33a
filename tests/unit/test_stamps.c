/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "hex.h"
#include "privsep/stamps.h"

/* The format of stamps: what it takes, and that it takes nothing else. */

enum { HEAD = 16, ENTRY = 44, SUM = 8 };

static void make(struct print *out, unsigned n)
{
	*out = (struct print){ 0 };
	stamps_begin(out);
	for (unsigned i = 0; i < n; i++) {
		struct key key = { { (uint8_t)(i + 1), 7 } };
		uint8_t at[STAMPS_AT];

		store_be64(at, 0x4000000065000000u + i);
		store_be32(at + 8, 999999999 - i);
		stamps_add(out, &key, at);
	}
	stamps_end(out);
	assert_false(out->failed);
	assert_int_equal(out->len, HEAD + n * ENTRY + SUM);
}

static void test_what_is_written_is_read(void **state)
{
	struct print bytes;

	(void)state;
	for (unsigned n = 0; n < 4; n++) {
		make(&bytes, n);
		assert_int_equal(stamps_count(bytes.chars, bytes.len), n);
		for (unsigned i = 0; i < n; i++) {
			struct stamp s = stamps_get(bytes.chars, i);

			assert_int_equal(s.peer.bytes[0], i + 1);
			assert_int_equal(s.peer.bytes[1], 7);
			assert_true(load_be64(s.at) == 0x4000000065000000u + i);
			assert_int_equal(load_be32(s.at + 8), 999999999 - i);
		}
		print_fini(&bytes);
	}
}

/* A file of an earlier version, or on another machine, must stay what it was. */
static void test_the_bytes_are_those_of_version_1(void **state)
{
	static const uint8_t want[HEAD + ENTRY + SUM] = {
		't', 'a', 'u', 't', ' ', 's', 't', 'a', 'm', 'p', 's', ' ', '1', '\n', 0,
		0,   1,   7,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,    0,
		0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,    0,
		0,   0,   0,   64,  0,   0,   0,   101, 0,   0,   0,   59,  154, 201,  255,
	};
	struct print bytes;

	(void)state;
	make(&bytes, 1);
	assert_memory_equal(bytes.chars, want, HEAD + ENTRY);
	print_fini(&bytes);
}

static void test_any_wrong_bit_is_noticed(void **state)
{
	struct print bytes;

	(void)state;
	make(&bytes, 2);
	for (size_t bit = 0; bit < bytes.len * 8; bit++) {
		hex_flip((uint8_t *)bytes.chars, bit);
		assert_int_equal(stamps_count(bytes.chars, bytes.len), -EINVAL);
		hex_flip((uint8_t *)bytes.chars, bit);
	}
	assert_int_equal(stamps_count(bytes.chars, bytes.len), 2);
	print_fini(&bytes);
}

static void test_any_other_length_is_noticed(void **state)
{
	uint8_t zeros[4 * ENTRY] = { 0 };
	struct print bytes;

	(void)state;
	make(&bytes, 3);
	for (size_t len = 0; len < bytes.len; len++)
		assert_int_equal(stamps_count(bytes.chars, len), -EINVAL);
	for (size_t more = 1; more <= sizeof(zeros); more++) {
		size_t len = bytes.len;

		print_bytes(&bytes, zeros, more);
		assert_int_equal(stamps_count(bytes.chars, bytes.len), -EINVAL);
		bytes.len = len;
	}
	for (size_t len = 0; len <= sizeof(zeros); len++)
		assert_int_equal(stamps_count(zeros, len), -EINVAL);
	print_fini(&bytes);
}

/* Another version, with the right checksum. */
static void test_another_version_is_not_ours(void **state)
{
	struct print bytes = { 0 };

	(void)state;
	print_bytes(&bytes, "taut stamps 2\n\0\0", HEAD);
	stamps_end(&bytes);
	assert_int_equal(stamps_count(bytes.chars, bytes.len), -EINVAL);
	print_fini(&bytes);
}

static int count_one(uint64_t seconds, uint32_t ns)
{
	struct print bytes = { 0 };
	struct key key = { { 1 } };
	uint8_t at[STAMPS_AT];
	int n;

	store_be64(at, seconds);
	store_be32(at + 8, ns);
	stamps_begin(&bytes);
	print_bytes(&bytes, &key, sizeof(key));
	print_bytes(&bytes, at, sizeof(at));
	stamps_end(&bytes);
	n = stamps_count(bytes.chars, bytes.len);
	print_fini(&bytes);
	/* What would not be read is not written either. */
	stamps_begin(&bytes);
	stamps_add(&bytes, &key, at);
	stamps_end(&bytes);
	assert_int_equal(stamps_count(bytes.chars, bytes.len), n < 0 ? 0 : n);
	print_fini(&bytes);
	return n;
}

/* Else the next one would be smaller: no peer would ever answer again. */
static void test_what_is_no_time_is_no_stamp(void **state)
{
	(void)state;
	assert_int_equal(count_one(0x4000000000000000, 0), 1);
	assert_int_equal(count_one(0x400000ffffffffff, 999999999), 1);
	assert_int_equal(count_one(0x3fffffffffffffff, 0), -EINVAL);
	assert_int_equal(count_one(0x4000010000000000, 0), -EINVAL);
	assert_int_equal(count_one(0x7fffffffffffffff, 999999999), -EINVAL);
	assert_int_equal(count_one(0x8000000000000000, 0), -EINVAL);
	assert_int_equal(count_one(UINT64_MAX, 0), -EINVAL);
	assert_int_equal(count_one(0, 0), -EINVAL);
	assert_int_equal(count_one(0x4000000065000000, 1000000000), -EINVAL);
	assert_int_equal(count_one(0x4000000065000000, UINT32_MAX), -EINVAL);
}

/* The seconds of one stamp after a lead, by a clock that shows wall seconds since 1970. */
static uint64_t lead_one(uint64_t seconds, uint64_t wall, bool want)
{
	struct print bytes = { 0 };
	struct key key = { { 1 } };
	uint8_t at[STAMPS_AT] = { 0 };
	uint64_t after;

	store_be64(at, seconds);
	stamps_begin(&bytes);
	stamps_add(&bytes, &key, at);
	stamps_end(&bytes);
	assert_int_equal(stamps_lead(bytes.chars, bytes.len, wall * 1000000000), want);
	assert_int_equal(stamps_count(bytes.chars, bytes.len), 1);
	after = load_be64(stamps_get(bytes.chars, 0).at);
	print_fini(&bytes);
	return after;
}

static void test_what_the_clock_has_not_passed_gets_a_lead(void **state)
{
	const uint64_t at_1000 = 0x400000000000000a + 1000;
	struct print bytes;

	(void)state;
	assert_true(lead_one(at_1000, 1001, false) == at_1000);
	assert_true(lead_one(at_1000, 1000, true) == at_1000 + STAMPS_LEAD_S);
	assert_true(lead_one(at_1000, 999, true) == at_1000 + STAMPS_LEAD_S);
	assert_true(lead_one(at_1000, 0, true) == at_1000 + STAMPS_LEAD_S);
	/* Never so far that it would be none any more. */
	assert_true(lead_one(0x400000fffffffffd, 0, true) == 0x400000ffffffffff);
	assert_true(lead_one(0x400000fffffffffe, 0, false) == 0x400000fffffffffe);
	assert_true(lead_one(0x400000ffffffffff, 0, false) == 0x400000ffffffffff);
	/* Each for itself. */
	make(&bytes, 3);
	assert_true(stamps_lead(bytes.chars, bytes.len, (0x65000000ULL - 9) * 1000000000));
	assert_int_equal(stamps_count(bytes.chars, bytes.len), 3);
	assert_true(load_be64(stamps_get(bytes.chars, 0).at) == 0x4000000065000000);
	assert_true(load_be64(stamps_get(bytes.chars, 1).at) == 0x4000000065000003);
	assert_true(load_be64(stamps_get(bytes.chars, 2).at) == 0x4000000065000004);
	print_fini(&bytes);
	make(&bytes, 0);
	assert_false(stamps_lead(bytes.chars, bytes.len, 0));
	assert_int_equal(stamps_count(bytes.chars, bytes.len), 0);
	print_fini(&bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_written_is_read),
		cmocka_unit_test(test_the_bytes_are_those_of_version_1),
		cmocka_unit_test(test_any_wrong_bit_is_noticed),
		cmocka_unit_test(test_any_other_length_is_noticed),
		cmocka_unit_test(test_another_version_is_not_ours),
		cmocka_unit_test(test_what_is_no_time_is_no_stamp),
		cmocka_unit_test(test_what_the_clock_has_not_passed_gets_a_lead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
