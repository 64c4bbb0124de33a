/* SPDX-License-Identifier: ISC */
#include "base/bytes.h"

#include "hex.h"

static void test_little_endian_load_and_store_agree_with_the_wire_at_any_alignment(void **state)
{
	uint8_t wire[16];
	size_t at;

	(void)state;
	for (at = 0; at < 8; at++) {
		hex_read(wire + at, 8, "0123456789abcdef");
		assert_int_equal(load_le16(wire + at), 0x2301);
		assert_int_equal(load_le32(wire + at), 0x67452301);
		assert_true(load_le64(wire + at) == UINT64_C(0xefcdab8967452301));
		store_le32(wire + at, 0x80818283);
		assert_hex(wire + at, 8, "8382818089abcdef");
		store_le64(wire + at, UINT64_C(0x8081828384858687));
		assert_hex(wire + at, 8, "8786858483828180");
	}
}

static void test_big_endian_load_and_store_agree_with_the_wire_at_any_alignment(void **state)
{
	uint8_t wire[16];
	size_t at;

	(void)state;
	for (at = 0; at < 8; at++) {
		hex_read(wire + at, 8, "fedcba9876543210");
		assert_int_equal(load_be16(wire + at), 0xfedc);
		assert_true(load_be32(wire + at) == 0xfedcba98);
		assert_true(load_be64(wire + at) == UINT64_C(0xfedcba9876543210));
		store_be16(wire + at, 0x8182);
		assert_hex(wire + at, 8, "8182ba9876543210");
		store_be32(wire + at, 0x01020304);
		assert_hex(wire + at, 8, "0102030476543210");
		store_be64(wire + at, UINT64_C(0x8081828384858687));
		assert_hex(wire + at, 8, "8081828384858687");
	}
}

static void test_wipe_clears_exactly_what_it_was_told_to(void **state)
{
	uint8_t bytes[4] = { 1, 2, 3, 4 };

	(void)state;
	wipe(bytes + 1, 2);
	assert_hex(bytes, 4, "01000004");
}

static void test_container_finds_the_struct_around_a_member(void **state)
{
	struct outer {
		int before;
		int member;
	} outer = { 0 };

	(void)state;
	assert_ptr_equal(CONTAINER(&outer.member, struct outer, member), &outer);
}

static void test_bytes_equal_looks_at_len_bytes_and_no_more(void **state)
{
	(void)state;
	assert_true(bytes_equal("same!", "same?", 4));
	assert_false(bytes_equal("same!", "same?", 5));
	assert_true(bytes_equal("x", "y", 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes_equal_looks_at_len_bytes_and_no_more),
		cmocka_unit_test(
			test_little_endian_load_and_store_agree_with_the_wire_at_any_alignment),
		cmocka_unit_test(
			test_big_endian_load_and_store_agree_with_the_wire_at_any_alignment),
		cmocka_unit_test(test_wipe_clears_exactly_what_it_was_told_to),
		cmocka_unit_test(test_container_finds_the_struct_around_a_member),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
