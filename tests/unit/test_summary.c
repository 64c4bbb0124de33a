/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "diag/summary.h"

static void add_named(struct summary *s, uint8_t first, const char *name, enum state_word word,
		      const char *reason)
{
	struct state state = { .word = word };
	struct peer peer = { .public_key = { .bytes = { first } } };

	snprintf(peer.note.name, sizeof(peer.note.name), "%s", name);
	snprintf(state.reason, sizeof(state.reason), "%s", reason);
	summary_add(s, &peer, &state);
}

static void add(struct summary *s, uint8_t first, enum state_word word, const char *reason)
{
	add_named(s, first, "", word, reason);
}

static void expect(const struct summary *s, const char *want)
{
	char text[SUMMARY_TEXT];

	summary_print(text, s);
	assert_string_equal(text, want);
}

static void test_nobody_is_said_in_words(void **unused)
{
	const struct summary s = { 0 };

	(void)unused;
	expect(&s, "no peers");
}

static void test_one_peer_needs_no_name(void **unused)
{
	struct summary s = { 0 };

	(void)unused;
	add(&s, 0, STATE_UP, "session works");
	expect(&s, "up: session works");
}

static void test_many_are_counted_best_first(void **unused)
{
	struct summary s = { 0 };

	(void)unused;
	add(&s, 0, STATE_IDLE, "x");
	add(&s, 0, STATE_UP, "session works");
	add(&s, 0, STATE_UP, "session works");
	expect(&s, "3 peers: 2 up, 1 idle");
}

static void test_the_gravest_trouble_is_named(void **unused)
{
	struct summary s = { 0 };

	(void)unused;
	add(&s, 0, STATE_UP, "session works");
	add(&s, 4, STATE_HANDSHAKING, "asked A");
	add(&s, 8, STATE_DEAD, "no answer");
	add(&s, 12, STATE_DEAD, "another");
	add(&s, 16, STATE_RESOLVING, "waits");
	expect(&s, "5 peers: 1 up, 1 resolving, 1 handshaking, 2 dead; CAAAAAAA: no answer");
	s = (struct summary){ 0 };
	add(&s, 0, STATE_UP, "session works");
	add_named(&s, 8, "road warrior", STATE_DEAD, "no answer");
	expect(&s, "2 peers: 1 up, 1 dead; CAAAAAAA road warrior: no answer");
}

static void test_equal_means_the_same_words(void **unused)
{
	struct summary a = { 0 }, b = { 0 };

	(void)unused;
	assert_true(summary_equal(&a, &b));
	add(&a, 0, STATE_STALE, "heard nothing for 11 s");
	assert_false(summary_equal(&a, &b));
	add(&b, 0, STATE_STALE, "heard nothing for 12 s");
	assert_true(summary_equal(&a, &b));
	b = (struct summary){ 0 };
	add(&b, 0, STATE_DEAD, "heard nothing for 11 s");
	assert_false(summary_equal(&a, &b));
	b = (struct summary){ 0 };
	add(&b, 4, STATE_STALE, "heard nothing for 11 s");
	assert_false(summary_equal(&a, &b));
}

static void test_the_longest_of_all_fits(void **unused)
{
	char text[SUMMARY_TEXT], reason[STATE_TEXT], name[PEER_NAME];
	struct summary s = { 0 };

	(void)unused;
	memset(reason, 'r', sizeof(reason) - 1);
	reason[sizeof(reason) - 1] = '\0';
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (unsigned i = 0; i < 6 * 10000; i++)
		add_named(&s, 0, name, (enum state_word)(i % STATE_COUNT), reason);
	summary_print(text, &s);
	assert_true(strlen(text) < SUMMARY_TEXT - 1);
	assert_string_equal(text + strlen(text) - strlen(reason), reason);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nobody_is_said_in_words),
		cmocka_unit_test(test_one_peer_needs_no_name),
		cmocka_unit_test(test_many_are_counted_best_first),
		cmocka_unit_test(test_the_gravest_trouble_is_named),
		cmocka_unit_test(test_equal_means_the_same_words),
		cmocka_unit_test(test_the_longest_of_all_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
