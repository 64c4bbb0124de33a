/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/print.h"
#include "conf/conf.h"
#include "said.h"

static const char *set(struct tune *t, enum tune_kind kind, const char *value)
{
	return tune_set(t, kind, text_from_str(value));
}

static void test_each_knob_has_a_key_and_an_option_of_the_same_words(void **state)
{
	(void)state;
	for (unsigned i = 0; i < TUNE_KINDS; i++) {
		const char *key = tune_key((enum tune_kind)i);
		const char *option = tune_option((enum tune_kind)i);

		for (; *option; option++) {
			if (*option == '-')
				continue;
			assert_int_equal(*key | 0x20, *option);
			key++;
		}
		assert_int_equal(*key, 0);
	}
}

static void test_switches_take_three_words(void **state)
{
	static const char *const bad[] = { "", "yes", "no", "true", "1", "0", "onn", "of" };
	struct tune t = { 0 };

	(void)state;
	for (unsigned i = 0; i < TUNE_SWITCHES; i++) {
		enum tune_kind kind = (enum tune_kind)i;

		assert_null(set(&t, kind, "off"));
		assert_int_equal(t.value[kind], TUNE_OFF);
		for (unsigned k = 0; k < LEN(bad); k++)
			assert_string_equal(set(&t, kind, bad[k]), "on, off or auto");
		assert_int_equal(t.value[kind], TUNE_OFF);
		assert_null(set(&t, kind, "ON"));
		assert_int_equal(t.value[kind], TUNE_ON);
		assert_null(set(&t, kind, "Auto"));
		assert_int_equal(t.value[kind], TUNE_AUTO);
	}
	assert_int_equal(t.given, (1u << TUNE_SWITCHES) - 1);
}

static void test_numbers_take_k_and_m_within_their_range(void **state)
{
	static const struct {
		enum tune_kind kind;
		const char *text;
		uint32_t value; /* 0: refused */
	} facts[] = {
		{ TUNE_UDP_RCVBUF, "65536", 65536 },
		{ TUNE_UDP_RCVBUF, "64K", 65536 },
		{ TUNE_UDP_RCVBUF, "64k", 65536 },
		{ TUNE_UDP_RCVBUF, "63K", 0 },
		{ TUNE_UDP_RCVBUF, "256M", 256 << 20 },
		{ TUNE_UDP_RCVBUF, "257M", 0 },
		{ TUNE_UDP_RCVBUF, "268435457", 0 },
		{ TUNE_UDP_RCVBUF, "K", 0 },
		{ TUNE_UDP_RCVBUF, "", 0 },
		{ TUNE_UDP_RCVBUF, "-1", 0 },
		{ TUNE_UDP_RCVBUF, "1G", 0 },
		{ TUNE_UDP_RCVBUF, "64KK", 0 },
		{ TUNE_UDP_RCVBUF, "18446744073709551615M", 0 },
		{ TUNE_UDP_SNDBUF, "1m", 1 << 20 },
		{ TUNE_UDP_SNDBUF, "255K", 0 },
		{ TUNE_TUN_QUEUE_LEN, "1", 1 },
		{ TUNE_TUN_QUEUE_LEN, "65536", 65536 },
		{ TUNE_TUN_QUEUE_LEN, "64K", 65536 },
		{ TUNE_TUN_QUEUE_LEN, "0", 0 },
		{ TUNE_TUN_GSO_SEGS, "1", 1 },
		{ TUNE_TUN_GSO_SEGS, "65535", 65535 },
		{ TUNE_TUN_GSO_SEGS, "64K", 0 },
		{ TUNE_TUN_GSO_SEGS, "0", 0 },
		{ TUNE_BATCH_BYTES, "256K", 256 << 10 },
		{ TUNE_BATCH_BYTES, "65M", 0 },
	};

	(void)state;
	for (unsigned i = 0; i < LEN(facts); i++) {
		struct tune t = { 0 };
		const char *want = set(&t, facts[i].kind, facts[i].text);

		assert_int_equal(want == NULL, facts[i].value != 0);
		assert_int_equal(t.value[facts[i].kind], facts[i].value);
		assert_int_equal(t.given, want ? 0 : 1u << facts[i].kind);
		assert_null(set(&t, facts[i].kind, "auto"));
		assert_int_equal(t.value[facts[i].kind], 0);
	}
}

static void test_what_is_said_later_counts_instead_even_auto(void **state)
{
	struct tune file = { 0 }, options = { 0 };

	(void)state;
	assert_null(set(&file, TUNE_TUN_TSO, "off"));
	assert_null(set(&file, TUNE_UDP_GSO, "off"));
	assert_null(set(&options, TUNE_TUN_TSO, "auto"));
	assert_null(set(&options, TUNE_BATCH_BYTES, "64K"));
	tune_override(&file, &options);
	assert_int_equal(file.value[TUNE_TUN_TSO], TUNE_AUTO);
	assert_int_equal(file.value[TUNE_UDP_GSO], TUNE_OFF);
	assert_int_equal(file.value[TUNE_BATCH_BYTES], 64 << 10);
}

static void test_differences_are_found_one_after_the_other(void **state)
{
	struct tune a = { 0 }, b = { 0 };

	(void)state;
	assert_int_equal(tune_differs(&a, &b, TUNE_TUN_VNET), TUNE_KINDS);
	assert_null(set(&b, TUNE_TUN_USO, "off"));
	assert_null(set(&b, TUNE_BATCH_BYTES, "1M"));
	assert_int_equal(tune_differs(&a, &b, TUNE_TUN_VNET), TUNE_TUN_USO);
	assert_int_equal(tune_differs(&a, &b, TUNE_TUN_USO + 1), TUNE_BATCH_BYTES);
	assert_int_equal(tune_differs(&a, &b, TUNE_BATCH_BYTES + 1), TUNE_KINDS);
	/* Said, but the same. */
	assert_null(set(&a, TUNE_TUN_USO, "off"));
	assert_null(set(&a, TUNE_BATCH_BYTES, "1024K"));
	assert_int_equal(tune_differs(&a, &b, TUNE_TUN_VNET), TUNE_KINDS);
}

static void test_file_sets_every_knob_by_its_key(void **state)
{
	(void)state;
	for (unsigned i = 0; i < TUNE_KINDS; i++) {
		bool is_switch = i < TUNE_SWITCHES;
		bool is_len = i == TUNE_TUN_QUEUE_LEN || i == TUNE_TUN_GSO_SEGS;
		uint32_t want = is_switch ? TUNE_OFF : is_len ? 900 : 256 << 10;
		static struct said said;
		struct print text = { 0 };
		struct conf c;

		conf_init(&c);
		said_init(&said);
		print_add(&text, "[Interface]\n%s = %s\n", tune_key((enum tune_kind)i),
			  is_switch ? "off"
			  : is_len  ? "900"
				    : "256 K # bytes");
		assert_int_equal(conf_read_text(&c, "f", text.chars, text.len, &said.report), 0);
		assert_string_equal(said.text, "");
		assert_int_equal(c.tune.given, 1u << i);
		assert_int_equal(c.tune.value[i], want);
		print_fini(&text);
		conf_fini(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_knob_has_a_key_and_an_option_of_the_same_words),
		cmocka_unit_test(test_switches_take_three_words),
		cmocka_unit_test(test_numbers_take_k_and_m_within_their_range),
		cmocka_unit_test(test_what_is_said_later_counts_instead_even_auto),
		cmocka_unit_test(test_differences_are_found_one_after_the_other),
		cmocka_unit_test(test_file_sets_every_knob_by_its_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
