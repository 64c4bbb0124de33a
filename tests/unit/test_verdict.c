/* SPDX-License-Identifier: ISC */
/* From the records of why=1 to output for people and programs. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "view/verdict.h"

#define KEY "IiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiI="

static const char sick[] =
	"why=wg0 healthy=no problems=1 peers=2 up=1 listen_port=51820 public_key=none\n"
	"peer=" KEY " endpoint=192.0.2.1:51820 state=handshaking reason=\"asked 192.0.2.1:51820\"\n"
	"peer=ERERERERERERERERERERERERERERERERERERERERERE= endpoint=none state=up reason=\"fine\"\n"
	"verdict=E-PSK-MISMATCH certainty=likely problem=yes peer=" KEY
	" age=3 what=\"the preshared "
	"keys differ\" because=\"It answers our handshakes, which takes the right public keys on "
	"both sides, but its answer does not decrypt.\"\n"
	"step=here text=\"set the same PresharedKey for this peer on both hosts, or on neither\"\n"
	"step=there text=\"the same\"\n"
	"verdict=E-NO-PEER certainty=sure problem=no peer=none age=0 what=\"packets for 10.0.0.9 are "
	"dropped\" because=\"Nobody has it.\"\n"
	"step=here text=\"ip route get 10.0.0.9\"\n";

static struct verdict_list read_all(const char *text)
{
	struct verdict_list l = { .n = 0 };

	assert_int_equal(verdict_read(&l, text_from_str(text)), 0);
	return l;
}

static void test_text_is_as_it_was(void **state)
{
	struct verdict_list l = read_all(sick);
	struct print out = { 0 };

	(void)state;
	verdict_show(&out, &l);
	assert_string_equal(
		out.chars,
		"wg0: 1 problem; 1 of 2 peers are up\n"
		"  peer " KEY " is handshaking: asked 192.0.2.1:51820\n"
		"\n"
		"E-PSK-MISMATCH (likely)  peer " KEY "\n"
		"  what    the preshared keys differ\n"
		"  why     It answers our handshakes, which takes the right public keys on both\n"
		"          sides, but its answer does not decrypt.\n"
		"  here    set the same PresharedKey for this peer on both hosts, or on neither\n"
		"  there   the same\n"
		"\n"
		"E-NO-PEER (a remark; sure)\n"
		"  what    packets for 10.0.0.9 are dropped\n"
		"  why     Nobody has it.\n"
		"  here    ip route get 10.0.0.9\n");
	print_fini(&out);
	verdict_free(&l);
}

static void test_health_is_one_line(void **state)
{
	struct verdict_list l = read_all("why=wg0 healthy=yes problems=0 peers=1 up=1\n"
					 "peer=" KEY " endpoint=none state=up reason=\"fine\"\n");
	struct print out = { 0 };

	(void)state;
	verdict_show(&out, &l);
	assert_string_equal(out.chars, "wg0: no known problem; 1 of 1 peer is up\n");
	print_fini(&out);
	verdict_free(&l);
}

static const char early[] =
	"why=wg0 healthy=no problems=0 early=1 peers=2 up=1 listen_port=1 public_key=none\n"
	"verdict=E-TOO-EARLY certainty=sure problem=no peer=" KEY " age=4 what=\"192.0.2.1:51820 "
	"was asked for a session 4 s ago\" because=\"It has not answered yet.\"\n"
	"step=here text=\"ask again in 2 s: taut why wg0\"\n";

static void test_too_early_is_not_health(void **state)
{
	struct verdict_list l = read_all(early);
	struct print out = { 0 };

	(void)state;
	verdict_show(&out, &l);
	assert_string_equal(out.chars, "wg0: too early: asked 4 s ago; 1 of 2 peers are up\n"
				       "\n"
				       "E-TOO-EARLY (a remark; sure)  peer " KEY "\n"
				       "  what    192.0.2.1:51820 was asked for a session 4 s ago\n"
				       "  why     It has not answered yet.\n"
				       "  here    ask again in 2 s: taut why wg0\n");
	print_fini(&out);
	verdict_json(&out, &l);
	assert_non_null(strstr(out.chars, "\"healthy\": false"));
	assert_non_null(strstr(out.chars, "\"peers_early\": 1"));
	print_fini(&out);
	/* A problem is more than that. */
	l.problems = 1;
	verdict_show(&out, &l);
	assert_memory_equal(out.chars, "wg0: 1 problem; ", 16);
	print_fini(&out);
	verdict_free(&l);
}

static void test_json_has_schema_codes_and_steps(void **state)
{
	static const char *const parts[] = {
		"\"schema\": 1,",
		"\"name\": \"wg0\"",
		"\"healthy\": false",
		"\"peers\": 2",
		"\"peers_up\": 1",
		"\"peers_early\": 0",
		"\"code\": \"E-PSK-MISMATCH\"",
		"\"certainty\": \"likely\"",
		"\"problem\": true",
		"\"peer\": \"" KEY "\"",
		"\"age_seconds\": 3",
		"\"where\": \"there\"",
		"\"text\": \"the same\"",
		"\"code\": \"E-NO-PEER\"",
		"\"peer\": null",
	};
	struct verdict_list l = read_all(sick);
	struct print out = { 0 };
	const char *from;
	size_t i;

	(void)state;
	verdict_json(&out, &l);
	assert_false(out.failed);
	for (i = 0, from = out.chars; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (!strstr(from, parts[i]))
			print_error("%s is missing, or stands too early\n", parts[i]);
		from = strstr(from, parts[i]);
		assert_non_null(from);
	}
	print_fini(&out);
	verdict_free(&l);
}

static void test_answers_that_make_no_sense_are_refused_or_cut(void **state)
{
	struct verdict_list l = { .n = 0 };
	char many[4096] = "why=wg0\nstep=here text=\"before any verdict\"\nverdict=E-X\n";

	(void)state;
	assert_int_equal(verdict_read(&l, text_from_str("")), -EPROTO);
	assert_int_equal(verdict_read(&l, text_from_str("interface=wg0\n")), -EPROTO);
	verdict_free(&l);
	for (int i = 0; i < 20; i++)
		memcpy(many + strlen(many), "step=here text=\"x\"\n", 20);
	l = read_all(many);
	assert_int_equal(l.n, 1);
	assert_int_equal(l.item[0].n_steps, VERDICT_STEPS);
	verdict_free(&l);
}

static void test_many_verdicts_are_all_kept(void **state)
{
	struct verdict_list l = { .n = 0 };

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		struct verdict_item *v = verdict_add(&l);

		assert_non_null(v);
		v->age = i;
	}
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(l.item[i].age, i);
	verdict_free(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_is_as_it_was),
		cmocka_unit_test(test_health_is_one_line),
		cmocka_unit_test(test_too_early_is_not_health),
		cmocka_unit_test(test_json_has_schema_codes_and_steps),
		cmocka_unit_test(test_answers_that_make_no_sense_are_refused_or_cut),
		cmocka_unit_test(test_many_verdicts_are_all_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
