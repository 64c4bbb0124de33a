/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "control/uapi.h"

static const struct {
	const char *bytes;
	enum uapi_verb verb;
	const char *request;
	size_t used;
} fact[] = {
	{ "", UAPI_NONE, NULL, 0 },
	{ "get=1", UAPI_NONE, NULL, 0 },
	{ "get=1\n", UAPI_NONE, NULL, 0 },
	{ "get=1\n\n", UAPI_GET, "get=1", 7 },
	{ "get=1\nx=y\n\n", UAPI_GET, "get=1\nx=y", 11 },
	{ "get=1\n\nset=1\n\n", UAPI_GET, "get=1", 7 },
	{ "set=1\n\n", UAPI_SET, "set=1", 7 },
	{ "set=1\nfwmark=0\n\nrest", UAPI_SET, "set=1\nfwmark=0", 16 },
	{ "status=1\n\n", UAPI_OTHER, "status=1", 10 },
	{ "get=2\n\n", UAPI_OTHER, "get=2", 7 },
	{ "get=1 \n\n", UAPI_OTHER, "get=1 ", 8 },
	{ "GET=1\n\n", UAPI_OTHER, "GET=1", 7 },
	{ "get=1\r\n\r\n", UAPI_NONE, NULL, 0 },
	{ "\n", UAPI_OTHER, "", 1 },
	{ "\nget=1\n\n", UAPI_OTHER, "", 1 },
};

static void test_a_request_ends_at_its_empty_line(void **state)
{
	struct text request;
	size_t i, scanned, used;

	(void)state;
	for (i = 0; i < LEN(fact); i++) {
		scanned = 0;
		assert_int_equal(
			uapi_frame(fact[i].bytes, strlen(fact[i].bytes), &scanned, &request, &used),
			fact[i].verb);
		if (fact[i].verb == UAPI_NONE) {
			assert_int_equal(scanned, strlen(fact[i].bytes));
			continue;
		}
		assert_true(text_is(request, fact[i].request));
		assert_int_equal(used, fact[i].used);
		assert_int_equal(scanned, 0);
	}
}

static void test_byte_by_byte_gives_the_same(void **state)
{
	struct text request;
	size_t i, len, scanned, used, end;
	enum uapi_verb verb;

	(void)state;
	for (i = 0; i < LEN(fact); i++) {
		scanned = 0;
		verb = UAPI_NONE;
		end = strlen(fact[i].bytes);
		for (len = 0; len <= end && verb == UAPI_NONE; len++)
			verb = uapi_frame(fact[i].bytes, len, &scanned, &request, &used);
		assert_int_equal(verb, fact[i].verb);
		if (verb == UAPI_NONE)
			continue;
		assert_int_equal(len - 1, fact[i].used); /* not one byte later than possible */
		assert_int_equal(used, fact[i].used);
		assert_true(text_is(request, fact[i].request));
	}
}

static void test_pipelined_requests_come_out_in_order(void **state)
{
	static const char bytes[] = "get=1\n\nset=1\na=b\n\nwhat\n\n\nget=1\n\nset=1\n";
	static const struct {
		enum uapi_verb verb;
		const char *request;
	} want[] = {
		{ UAPI_GET, "get=1" }, { UAPI_SET, "set=1\na=b" }, { UAPI_OTHER, "what" },
		{ UAPI_OTHER, "" },    { UAPI_GET, "get=1" },
	};
	size_t i, at = 0, scanned = 0, used;
	struct text request;

	(void)state;
	for (i = 0; i < LEN(want); i++) {
		assert_int_equal(
			uapi_frame(bytes + at, sizeof(bytes) - 1 - at, &scanned, &request, &used),
			want[i].verb);
		assert_true(text_is(request, want[i].request));
		at += used;
	}
	assert_int_equal(uapi_frame(bytes + at, sizeof(bytes) - 1 - at, &scanned, &request, &used),
			 UAPI_NONE);
	assert_int_equal(at, sizeof(bytes) - 1 - strlen("set=1\n"));
}

/* What was looked at is not looked at again: a change there goes unseen. */
static void test_no_byte_is_scanned_twice(void **state)
{
	char bytes[] = "set=1\naaa\nbbb";
	struct text request;
	size_t scanned = 0, used;

	(void)state;
	assert_int_equal(uapi_frame(bytes, sizeof(bytes) - 1, &scanned, &request, &used),
			 UAPI_NONE);
	bytes[7] = bytes[8] = '\n';
	assert_int_equal(uapi_frame(bytes, sizeof(bytes) - 1, &scanned, &request, &used),
			 UAPI_NONE);
	scanned = 0;
	assert_int_equal(uapi_frame(bytes, sizeof(bytes) - 1, &scanned, &request, &used), UAPI_SET);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_request_ends_at_its_empty_line),
		cmocka_unit_test(test_byte_by_byte_gives_the_same),
		cmocka_unit_test(test_pipelined_requests_come_out_in_order),
		cmocka_unit_test(test_no_byte_is_scanned_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
