/* SPDX-License-Identifier: ISC */
/* Lines of the stream of events, as JSON and for people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <time.h>

#include "base/bytes.h"
#include "view/event_json.h"

#define KEY  "ERERERERERERERERERERERERERERERERERERERERERE="
#define HEAD "time=1700000000.250000009 interface=wg0"

static const struct {
	const char *line, *json, *text;
} step[] = {
	{ "event=listening " HEAD,
	  "{\"schema\":1,\"event\":\"listening\",\"time\":1700000000.25,\"interface\":\"wg0\"}\n",
	  "22:13:20 wg0 listening\n" },
	{ "event=state " HEAD " peer=" KEY " endpoint=none state=up previous=none "
	  "reason=\"session works\"",
	  "{\"schema\":1,\"event\":\"state\",\"time\":1700000000.25,\"interface\":\"wg0\","
	  "\"public_key\":\"" KEY "\",\"endpoint\":null,\"state\":\"up\",\"previous\":null,"
	  "\"reason\":\"session works\"}\n",
	  "22:13:20 wg0 state peer=" KEY " endpoint=none state=up previous=none "
	  "reason=\"session works\"\n" },
	{ "event=handshake " HEAD " peer=" KEY " endpoint=192.0.2.1:5 first=yes",
	  "{\"schema\":1,\"event\":\"handshake\",\"time\":1700000000.25,\"interface\":\"wg0\","
	  "\"public_key\":\"" KEY "\",\"endpoint\":\"192.0.2.1:5\",\"first\":true}\n",
	  "22:13:20 wg0 handshake peer=" KEY " endpoint=192.0.2.1:5 first=yes\n" },
	{ "event=reload " HEAD " ok=no error=\"Invalid argument\" detail=\"\"",
	  "{\"schema\":1,\"event\":\"reload\",\"time\":1700000000.25,\"interface\":\"wg0\","
	  "\"ok\":false,\"error\":\"Invalid argument\",\"detail\":null}\n",
	  "22:13:20 wg0 reload ok=no error=\"Invalid argument\" detail=\n" },
	{ "event=missed " HEAD " n=12",
	  "{\"schema\":1,\"event\":\"missed\",\"time\":1700000000.25,\"interface\":\"wg0\","
	  "\"count\":12}\n",
	  "22:13:20 wg0 missed n=12\n" },
	/* of a newer daemon */
	{ "event=new " HEAD " some-word=7 list=\"a\xff\"",
	  "{\"schema\":1,\"event\":\"new\",\"time\":1700000000.25,\"interface\":\"wg0\","
	  "\"some_word\":\"7\",\"list\":\"a?\"}\n",
	  "22:13:20 wg0 new some-word=7 list=a\xff\n" },
};

static void test_each_event_is_one_json_object_on_a_line(void **state)
{
	struct print out = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < LEN(step); i++) {
		assert_true(event_json(&out, text_from_str(step[i].line)));
		assert_string_equal(out.chars, step[i].json);
		print_fini(&out);
	}
}

static void test_people_get_the_clock_and_the_words(void **state)
{
	struct print out = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < LEN(step); i++) {
		assert_true(event_text(&out, text_from_str(step[i].line)));
		assert_string_equal(out.chars, step[i].text);
		print_fini(&out);
	}
}

static void test_what_is_no_event_is_not_printed(void **state)
{
	static const char *const lines[] = { "", "errno=16", "peer=x state=up", "event" };
	struct print out = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < LEN(lines); i++) {
		assert_false(event_json(&out, text_from_str(lines[i])));
		assert_false(event_text(&out, text_from_str(lines[i])));
		assert_int_equal(out.len, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_event_is_one_json_object_on_a_line),
		cmocka_unit_test(test_people_get_the_clock_and_the_words),
		cmocka_unit_test(test_what_is_no_event_is_not_printed),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
