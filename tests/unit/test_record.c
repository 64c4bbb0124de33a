/* SPDX-License-Identifier: ISC */
/* Records of the control socket: what is written is what is read, whatever is in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/mem.h"
#include "control/record.h"

static void test_a_record_is_a_line_of_pairs(void **state)
{
	struct print out = { 0 };

	(void)state;
	record_begin(&out, "peer", "%s", "abc=");
	record_add(&out, "icmp_last", "%u/%u", 3, 1);
	record_text(&out, "reason", "no answer to %d initiations", 7);
	record_count(&out, "drop_replay", 0);
	record_count(&out, "drop_source", UINT64_MAX);
	record_text(&out, "error", "%s", "");
	record_end(&out);
	record_begin(&out, "step", "here");
	record_end(&out);
	assert_string_equal(out.chars, "peer=abc= icmp_last=3/1 "
				       "reason=\"no answer to 7 initiations\" "
				       "drop_source=18446744073709551615 error=\"\"\nstep=here\n");
	print_fini(&out);
}

/* Each character, in a value with and one without quotes. */
static void test_nothing_breaks_out_of_its_value(void **state)
{
	char text[] = "a. state=up", value[32];
	struct print out = { 0 };
	struct text line;

	(void)state;
	for (int c = 1; c < 256; c++) {
		text[1] = (char)c;
		record_begin(&out, "x", "%.2s", text);
		record_add(&out, "y", "%.2s", text);
		record_text(&out, "reason", "%s", text);
		record_add(&out, "state", "down");
		record_end(&out);
		line = text_from(out.chars, out.len - 1);
		assert_ptr_equal(strchr(out.chars, '\n'), line.end);
		assert_true(record_get(line, "state", value, sizeof(value)));
		assert_string_equal(value, "down");
		assert_true(record_get(line, "reason", value, sizeof(value)));
		if (c < ' ' || c == 127 || c == '"' || c == '\\')
			text[1] = '\'';
		assert_string_equal(value, text);
		print_fini(&out);
	}
}

static void test_without_memory_the_text_fails(void **state)
{
	struct print out = { 0 };

	(void)state;
	mem_fail_after(0);
	record_begin(&out, "x", "%d", 1);
	record_text(&out, "y", "%d", 1);
	record_end(&out);
	mem_fail_after(-1);
	assert_true(out.failed);
	assert_null(out.chars);
	print_fini(&out);
}

static void test_values_are_taken_out_of_records(void **state)
{
	struct text line = text_from_str(
		"peer=abc= state=up reason=\"a \\\"b\\\" state=down\x1b[1m\" "
		"x y= drop_replay=7");
	char value[32];

	(void)state;
	assert_true(record_get(line, "peer", value, sizeof(value)));
	assert_string_equal(value, "abc=");
	assert_true(record_get(line, "state", value, sizeof(value)));
	assert_string_equal(value, "up");
	assert_true(record_get(line, "reason", value, sizeof(value)));
	assert_string_equal(value, "a \"b\" state=down[1m");
	assert_true(record_get(line, "y", value, sizeof(value)));
	assert_string_equal(value, "");
	assert_true(record_get(line, "drop_replay", value, sizeof(value)));
	assert_string_equal(value, "7");
	assert_false(record_get(line, "x", value, sizeof(value)));
	assert_false(record_get(line, "replay", value, sizeof(value)));
	assert_true(record_get(line, "reason", value, 4));
	assert_string_equal(value, "a \"");
	assert_false(record_get(text_from_str("a=\"open"), "open", value, sizeof(value)));
	assert_true(record_get(text_from_str("a=\"open\\"), "a", value, sizeof(value)));
	assert_string_equal(value, "open\\");
}

static void test_records_are_taken_pair_by_pair(void **state)
{
	struct text line = text_from_str("a=1 odd b=\"x y\" =3 c= "), key;
	char value[8];
	uint64_t n;

	(void)state;
	assert_true(record_next(&line, &key, value, sizeof(value)) && text_is(key, "a"));
	assert_string_equal(value, "1");
	assert_true(record_next(&line, &key, value, sizeof(value)) && text_is(key, "b"));
	assert_string_equal(value, "x y");
	assert_true(record_next(&line, &key, value, sizeof(value)) && text_is(key, ""));
	assert_true(record_next(&line, &key, value, sizeof(value)) && text_is(key, "c"));
	assert_string_equal(value, "");
	assert_false(record_next(&line, &key, value, sizeof(value)));
	line = text_from_str("a=18446744073709551615 b=18446744073709551616 c=1x d=");
	assert_true(record_number(line, "a", &n) && n == UINT64_MAX);
	assert_false(record_number(line, "b", &n));
	assert_false(record_number(line, "c", &n));
	assert_false(record_number(line, "d", &n));
	assert_false(record_number(line, "e", &n));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_record_is_a_line_of_pairs),
		cmocka_unit_test(test_nothing_breaks_out_of_its_value),
		cmocka_unit_test(test_without_memory_the_text_fails),
		cmocka_unit_test(test_values_are_taken_out_of_records),
		cmocka_unit_test(test_records_are_taken_pair_by_pair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
