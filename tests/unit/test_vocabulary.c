/* SPDX-License-Identifier: ISC */
/* One line in the vocabulary is enough: JSON, text and metrics follow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "control/record.h"
#include "control/vocabulary.h"
#include "unit/machine.h"
#include "view/show.h"
#include "view/status_json.h"
#include "view/status_metrics.h"

static void test_each_state_has_one_name(void **state)
{
	enum state_word word;

	(void)state;
	for (unsigned i = 0; i < STATE_COUNT; i++) {
		assert_true(vocabulary_state_from(vocabulary_state((enum state_word)i), &word));
		assert_int_equal(word, i);
	}
	assert_null(vocabulary_state(STATE_COUNT));
	assert_false(vocabulary_state_from("", &word));
	assert_false(vocabulary_state_from("u", &word));
	assert_false(vocabulary_state_from("upp", &word));
}

/* Of two lines for one key only the first would count. */
static void test_each_key_stands_there_once(void **state)
{
	const struct vocabulary_word *word, *found;

	(void)state;
	for (size_t i = 0; (word = vocabulary_at(i)); i++) {
		char key[VOCABULARY_NAME];

		/* of a family, any member */
		snprintf(key, sizeof(key), "%s%s", word->key,
			 word->key[strlen(word->key) - 1] == '_' ? "x" : "");
		found = vocabulary_find(word->record, text_from_str(key));
		assert_non_null(found);
		if (word->kind != VOCABULARY_DOWNGRADES)
			assert_ptr_equal(found, word);
	}
	assert_null(vocabulary_find(VOCABULARY_PEER, text_from_str("recv_calls")));
	assert_null(vocabulary_find(VOCABULARY_PEER, text_from_str("drop_")));
	assert_null(vocabulary_find(VOCABULARY_PEER, text_from_str("statement")));
}

static const char *example(enum vocabulary_kind kind)
{
	switch (kind) {
	case VOCABULARY_YES:
		return "yes";
	case VOCABULARY_STATE:
		return "stale";
	case VOCABULARY_OFFLOADS:
		return "off(kernel),3-downgrades";
	case VOCABULARY_WORD:
		return "a word";
	default:
		return "7";
	}
}

/* A record with every key of the vocabulary. */
static void make_record(struct print *out, enum vocabulary_record kind)
{
	const struct vocabulary_word *word;

	if (kind == VOCABULARY_PEER) {
		record_begin(out, "peer", MACHINE_ONES);
	} else {
		record_begin(out, "interface", "wg0");
		record_add(out, "state", "up");
	}
	for (size_t i = 0; (word = vocabulary_at(i)); i++) {
		char key[VOCABULARY_NAME];

		snprintf(key, sizeof(key), "%s%s", word->key,
			 word->key[strlen(word->key) - 1] == '_' ? "x" : "");
		if (word->record == kind && word->kind != VOCABULARY_DOWNGRADES)
			record_text(out, key, "%s", example(word->kind));
	}
	record_end(out);
}

/* It is in the text, with this before and that behind it. */
static bool has(const char *text, const char *before, const char *what, const char *behind)
{
	char whole[256];

	snprintf(whole, sizeof(whole), "%s%s%s", before, what, behind);
	return strstr(text, whole) != NULL;
}

static void test_what_a_line_promises_is_shown(void **state)
{
	struct print lines = { 0 }, json = { 0 }, metrics = { 0 }, text = { 0 };
	const struct show_style style = { .now = 1 };
	const struct vocabulary_word *word;
	struct tunnelview view;
	unsigned fields = 0, labels = 0, samples = 0;

	(void)state;
	make_record(&lines, VOCABULARY_INTERFACE);
	make_record(&lines, VOCABULARY_PEER);
	tunnelview_init(&view, "wg0");
	assert_int_equal(tunnelview_get(&view, text_from_str("public_key=" MACHINE_ONES_HEX "\n")),
			 0);
	tunnelview_status(&view, text_from(lines.chars, lines.len));
	status_json(&json, &view, 1, 1);
	status_metrics(&metrics, &view, 1, NULL);
	show_report(&text, &view, &style);
	for (size_t i = 0; (word = vocabulary_at(i)); i++) {
		if (word->record == VOCABULARY_EVENT)
			continue;
		if (word->json) {
			assert_true(has(json.chars, "\"", word->json, "\": "));
			assert_false(has(json.chars, "\"", word->json, "\": null"));
			fields++;
		}
		if (word->label) {
			assert_true(has(text.chars, "  ", word->label, ": "));
			labels++;
		}
		if (word->metric.name) {
			assert_true(has(metrics.chars, "\n", word->metric.name, "{"));
			samples++;
		}
	}
	assert_true(fields > 10 && labels > 1 && samples > 20);
	print_fini(&lines);
	print_fini(&json);
	print_fini(&metrics);
	print_fini(&text);
	tunnelview_fini(&view);
}

static void test_an_offload_is_read_as_it_is_written(void **state)
{
	static const struct {
		const char *pair;
		bool on;
		const char *why;
		uint64_t downgrades;
	} facts[] = {
		{ " offload_tun_tso=on", true, NULL, 0 },
		{ " offload_tun_tso=off", false, NULL, 0 },
		{ " offload_tun_tso=off(kernel)", false, "kernel", 0 },
		{ " offload_tun_tso=off(gso-refused),2-downgrades", false, "gso-refused", 2 },
		{ " offload_tun_tso=on,18446744073709551615-downgrades", true, NULL, UINT64_MAX },
	};
	struct vocabulary_offload o;
	struct print out = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		vocabulary_add_offload(&out, "tun-tso", facts[i].on, facts[i].why,
				       facts[i].downgrades);
		assert_string_equal(out.chars, facts[i].pair);
		vocabulary_offload(&o, strchr(out.chars, '=') + 1);
		assert_int_equal(o.on, facts[i].on);
		assert_string_equal(o.why, facts[i].why ? facts[i].why : "");
		assert_int_equal(o.downgrades, facts[i].downgrades);
		print_fini(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_state_has_one_name),
		cmocka_unit_test(test_each_key_stands_there_once),
		cmocka_unit_test(test_what_a_line_promises_is_shown),
		cmocka_unit_test(test_an_offload_is_read_as_it_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
