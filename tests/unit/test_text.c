/* SPDX-License-Identifier: ISC */
#include "base/print.h"
#include "base/text.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "hex.h"

static void assert_text(struct text t, const char *want)
{
	assert_int_equal(text_len(t), strlen(want));
	if (text_len(t))
		assert_memory_equal(t.at, want, text_len(t));
}

static void test_words_are_compared_whole(void **state)
{
	struct text t = text_from("PeerX", 4);

	(void)state;
	assert_true(text_is(t, "Peer"));
	assert_false(text_is(t, "peer"));
	assert_false(text_is(t, "Pee"));
	assert_false(text_is(t, "PeerX"));
	assert_true(text_is_nocase(t, "pEER"));
	assert_false(text_is_nocase(t, "pEERX"));
	assert_false(text_is_nocase(t, "pEE"));
	assert_false(text_is_nocase(text_from_str("["), "{")); /* a letter's bit, but no letters */
	assert_true(text_is(text_from_str(""), ""));
	assert_true(text_is((struct text){ 0 }, ""));
}

static void test_trim_takes_white_space_at_the_ends_only(void **state)
{
	(void)state;
	assert_text(text_trim(text_from_str(" \t\r\n\v\f a b \t\n")), "a b");
	assert_text(text_trim(text_from_str(" \t ")), "");
	assert_text(text_trim(text_from_str("")), "");
	assert_text(text_trim((struct text){ 0 }), "");
	assert_text(text_trim(text_from_str("\b\x0e")), "\b\x0e");
}

static void test_split_gives_one_part_more_than_separators(void **state)
{
	static const struct {
		const char *whole;
		const char *parts[4];
	} cases[] = {
		{ "", { "" } },        { "a", { "a" } },      { "a,b", { "a", "b" } },
		{ "a,", { "a", "" } }, { ",a", { "", "a" } }, { ",,", { "", "", "" } },
	};
	struct text t, part;
	size_t i, n;

	(void)state;
	for (i = 0; i < LEN(cases); i++) {
		t = text_from_str(cases[i].whole);
		for (n = 0; cases[i].parts[n]; n++) {
			assert_true(text_split(&t, ',', &part));
			assert_text(part, cases[i].parts[n]);
		}
		assert_false(text_split(&t, ',', &part));
		assert_false(text_split(&t, ',', &part));
	}
}

static void test_decimal_numbers_up_to_max(void **state)
{
	static const struct {
		const char *text;
		uint64_t max;
		bool good;
		uint64_t value;
	} cases[] = {
		{ "0", 0, true, 0 },
		{ "1", 0, false, 0 },
		{ "65535", 65535, true, 65535 },
		{ "65536", 65535, false, 0 },
		{ "0007", 9, true, 7 },
		{ "18446744073709551615", UINT64_MAX, true, UINT64_MAX },
		{ "18446744073709551616", UINT64_MAX, false, 0 },
		{ "99999999999999999999", UINT64_MAX, false, 0 },
		{ "184467440737095516150", UINT64_MAX, false, 0 },
		{ "", 9, false, 0 },
		{ "-1", 9, false, 0 },
		{ "+1", 9, false, 0 },
		{ " 1", 9, false, 0 },
		{ "1 ", 9, false, 0 },
		{ "a", 99, false, 0 },
		{ "0x1", 9, false, 0 },
		{ "1\n", 9, false, 0 },
	};
	uint64_t value;
	size_t i;

	(void)state;
	for (i = 0; i < LEN(cases); i++) {
		value = 42;
		assert_int_equal(text_u64(text_from_str(cases[i].text), cases[i].max, &value),
				 cases[i].good);
		assert_true(value == (cases[i].good ? cases[i].value : 42));
	}
}

static void test_hexadecimal_numbers_up_to_max(void **state)
{
	static const struct {
		const char *text;
		uint64_t max;
		bool good;
		uint64_t value;
	} cases[] = {
		{ "0x0", 0, true, 0 },
		{ "0xfF", 255, true, 255 },
		{ "0x100", 255, false, 0 },
		{ "0xffffffffffffffff", UINT64_MAX, true, UINT64_MAX },
		{ "0x10000000000000000", UINT64_MAX, false, 0 },
		{ "0x", 9, false, 0 },
		{ "0", 9, false, 0 },
		{ "", 9, false, 0 },
		{ "ff", 255, false, 0 },
		{ "0xg", 255, false, 0 },
		{ "0x-1", 255, false, 0 },
	};
	uint64_t value;
	size_t i;

	(void)state;
	for (i = 0; i < LEN(cases); i++) {
		value = 42;
		assert_int_equal(text_hex(text_from_str(cases[i].text), cases[i].max, &value),
				 cases[i].good);
		assert_true(value == (cases[i].good ? cases[i].value : 42));
	}
}

static void test_distance_counts_edits_up_to_the_limit(void **state)
{
	char longer[80];

	(void)state;
	assert_int_equal(text_distance(text_from_str("AllowedIPs"), "allowedips", 3), 0);
	assert_int_equal(text_distance(text_from_str("AlowedIPs"), "AllowedIPs", 3), 1);
	assert_int_equal(text_distance(text_from_str("kitten"), "sitting", 5), 3);
	assert_int_equal(text_distance(text_from_str("kitten"), "sitting", 2), 3);
	assert_int_equal(text_distance(text_from_str(""), "abc", 9), 3);
	assert_int_equal(text_distance(text_from_str("abc"), "", 9), 3);
	assert_int_equal(text_distance(text_from_str("wholly"), "unlike this", 2), 3);
	memset(longer, 'a', sizeof(longer));
	assert_int_equal(text_distance(text_from(longer, sizeof(longer)), "a", 2), 3);
	assert_int_equal(text_distance(text_from(longer, 63), "a", 100), 62);
}

static void test_print_grows_and_stays_terminated(void **state)
{
	struct print p = { 0 };
	size_t i;

	(void)state;
	print_add(&p, "%s", "");
	assert_string_equal(p.chars, "");
	for (i = 0; i < 1000; i++) {
		print_add(&p, "%zu,", i % 10);
		assert_int_equal(p.len, 2 * (i + 1));
		assert_int_equal(strlen(p.chars), p.len);
	}
	for (i = 0; i < 1000; i++)
		assert_int_equal(p.chars[2 * i], '0' + (int)(i % 10));
	assert_false(p.failed);
	print_fini(&p);
	assert_null(p.chars);
	assert_int_equal(p.len, 0);
}

static void test_print_takes_texts_of_every_length_at_once(void **state)
{
	char text[600];
	size_t len;

	(void)state;
	memset(text, 'x', sizeof(text));
	for (len = 0; len < sizeof(text); len++) {
		struct print p = { 0 };

		print_bytes(&p, text, len);
		print_add(&p, "%.*s", (int)len, text);
		print_bytes(&p, "\0y", 2);
		assert_int_equal(p.len, 2 * len + 2);
		assert_int_equal(strspn(p.chars, "x"), 2 * len);
		assert_int_equal(p.chars[2 * len + 1], 'y');
		assert_int_equal(p.chars[p.len], '\0');
		print_fini(&p);
	}
}

static void test_print_stays_failed_once_memory_ran_out(void **state)
{
	struct print p = { 0 };

	(void)state;
	mem_fail_after(0);
	print_add(&p, "a");
	assert_true(p.failed);
	print_add(&p, "b");
	print_bytes(&p, "c", 1);
	assert_true(p.failed);
	assert_int_equal(p.len, 0);
	print_fini(&p);
	assert_false(p.failed);

	print_add(&p, "abc");
	mem_fail_after(0);
	print_add(&p, "%1000d", 1);
	mem_fail_after(-1);
	assert_true(p.failed);
	assert_string_equal(p.chars, "abc"); /* what was there is still readable */
	print_fini(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words_are_compared_whole),
		cmocka_unit_test(test_trim_takes_white_space_at_the_ends_only),
		cmocka_unit_test(test_split_gives_one_part_more_than_separators),
		cmocka_unit_test(test_decimal_numbers_up_to_max),
		cmocka_unit_test(test_hexadecimal_numbers_up_to_max),
		cmocka_unit_test(test_distance_counts_edits_up_to_the_limit),
		cmocka_unit_test(test_print_grows_and_stays_terminated),
		cmocka_unit_test(test_print_takes_texts_of_every_length_at_once),
		cmocka_unit_test(test_print_stays_failed_once_memory_ran_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
