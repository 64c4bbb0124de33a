/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "proto/reach.h"

static struct reach reach;
static struct reach *const r = &reach;
static struct endpoint at; /* where the peer is thought to be */

static struct endpoint end_of(const char *text)
{
	struct endpoint e;

	assert_true(endpoint_parse(&e, text, strlen(text)));
	return e;
}

static const struct endpoint *place_at(const struct endpoint *end)
{
	for (unsigned i = 0; i < r->n; i++) {
		if (endpoint_same_remote(&r->candidate[i], end))
			return &r->candidate[i];
	}
	return endpoint_known(end) && endpoint_same_remote(&r->found, end) ? &r->found : NULL;
}

static int set_up(void **state)
{
	(void)state;
	reach = (struct reach){ 0 };
	at = (struct endpoint){ 0 };
	return 0;
}

static void go(const struct endpoint *where)
{
	if (where)
		at = *where;
}

/* The addresses of a name, as many as are given. */
static void set(bool works, const char *first, const char *second, const char *third)
{
	const char *const text[] = { first, second, third };
	struct endpoint ends[LEN(text)];
	unsigned n = 0;

	while (n < LEN(text) && text[n]) {
		ends[n] = end_of(text[n]);
		n++;
	}
	go(reach_set(r, ends, n, &at, works));
}

static void expect_at(const char *text)
{
	char is[ENDPOINT_TEXT];

	endpoint_print(is, &at);
	assert_string_equal(is, text);
}

/* The next initiation goes there. */
static void expect_ask(const char *text)
{
	go(reach_ask(r, &at, false));
	expect_at(text);
}

static void hear(const char *text)
{
	at = end_of(text);
	reach_found(r, &at);
}

static void test_no_place_is_no_advice(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++)
		assert_null(reach_ask(r, &at, false));
}

static void test_first_candidate_is_where_an_unknown_peer_is(void **state)
{
	(void)state;
	set(false, "192.0.2.1:1", "192.0.2.2:2", NULL);
	expect_at("192.0.2.1:1");
}

static void test_single_place_is_asked_again_and_again(void **state)
{
	(void)state;
	set(false, "192.0.2.1:1", NULL, NULL);
	for (int i = 0; i < 10; i++)
		assert_null(reach_ask(r, &at, false));
}

static void test_two_unanswered_then_each_place_in_turn(void **state)
{
	static const char *const order[] = { "192.0.2.1:1",     "192.0.2.1:1", "192.0.2.2:2",
					     "[2001:db8::3]:3", "192.0.2.1:1", "192.0.2.2:2" };

	(void)state;
	set(false, "192.0.2.1:1", "192.0.2.2:2", "[2001:db8::3]:3");
	for (size_t i = 0; i < LEN(order); i++)
		expect_ask(order[i]);
}

static void test_roamed_peer_is_looked_for_at_its_endpoint_again(void **state)
{
	(void)state;
	set(true, "192.0.2.1:1", NULL, NULL);
	at = end_of("192.0.2.1:1");
	expect_ask("192.0.2.1:1");
	hear("198.51.100.9:9");
	expect_ask("198.51.100.9:9");
	expect_ask("198.51.100.9:9");
	expect_ask("192.0.2.1:1");
	/* The place that it roamed to remains one. */
	expect_ask("198.51.100.9:9");
	expect_ask("192.0.2.1:1");
}

static void test_roamed_place_ends_when_the_peer_is_back(void **state)
{
	(void)state;
	set(false, "192.0.2.1:1", NULL, NULL);
	hear("198.51.100.9:9");
	hear("198.51.100.10:10");
	at = end_of("198.51.100.9:9");
	assert_null(place_at(&at)); /* only the latest is remembered */
	hear("192.0.2.1:1");
	for (int i = 0; i < 4; i++)
		expect_ask("192.0.2.1:1");
	assert_int_equal(r->n, 1);
}

static void test_peer_that_is_heard_is_not_left(void **state)
{
	(void)state;
	set(false, "192.0.2.1:1", "192.0.2.2:2", NULL);
	for (int i = 0; i < 6; i++) {
		expect_ask("192.0.2.1:1");
		expect_ask("192.0.2.1:1");
		hear("192.0.2.1:1");
	}
	expect_ask("192.0.2.1:1");
	expect_ask("192.0.2.1:1");
	expect_ask("192.0.2.2:2");
}

static void test_place_is_not_left_before_its_session_works_no_more(void **state)
{
	(void)state;
	set(false, "192.0.2.1:1", "192.0.2.2:2", NULL);
	for (int i = 0; i < 6; i++)
		assert_null(reach_ask(r, &at, true));
	expect_ask("192.0.2.2:2"); /* it has been asked often enough by then */
}

static void fail_to_leave(const char *text)
{
	expect_ask(text);
	reach_stuck(r);
}

static void test_after_an_outage_of_our_own_a_peer_is_asked_where_it_was_found(void **state)
{
	(void)state;
	set(false, "192.0.2.1:1", "192.0.2.2:2", NULL);
	hear("192.0.2.2:2");
	assert_null(reach_again(r, &at)); /* nothing was asked */
	fail_to_leave("192.0.2.2:2");
	fail_to_leave("192.0.2.2:2");
	fail_to_leave("192.0.2.1:1");
	go(reach_again(r, &at));
	expect_at("192.0.2.2:2");
	expect_ask("192.0.2.2:2");
	expect_ask("192.0.2.2:2");
	expect_ask("192.0.2.1:1");
}

static void test_after_an_outage_an_unheard_peer_is_asked_at_its_best_candidate(void **state)
{
	(void)state;
	set(false, "192.0.2.1:1", "192.0.2.2:2", NULL);
	fail_to_leave("192.0.2.1:1");
	fail_to_leave("192.0.2.1:1");
	fail_to_leave("192.0.2.2:2");
	go(reach_again(r, &at));
	expect_ask("192.0.2.1:1");
	expect_ask("192.0.2.1:1");
	expect_ask("192.0.2.2:2");
}

/* However often the network of a busy host changes. */
static void test_place_without_a_route_does_not_keep_others_from_their_turn(void **state)
{
	static const char *const order[] = { "[2001:db8::1]:1", "[2001:db8::1]:1", "192.0.2.2:2",
					     "192.0.2.3:3" };

	(void)state;
	set(false, "[2001:db8::1]:1", "192.0.2.2:2", "192.0.2.3:3");
	for (size_t i = 0; i < LEN(order); i++) {
		expect_ask(order[i]);
		if (i < 2)
			reach_stuck(r);
		else
			reach_left(r);
		assert_null(reach_again(r, &at));
	}
}

static void expect_home(const char *text)
{
	char is[ENDPOINT_TEXT];

	endpoint_print(is, reach_home(r, &at));
	assert_string_equal(is, text);
}

static void test_home_stays_while_other_places_are_tried(void **state)
{
	(void)state;
	at = end_of("192.0.2.9:9");
	expect_home("192.0.2.9:9");
	set(false, "192.0.2.1:1", "192.0.2.2:2", NULL);
	for (int i = 0; i < 4; i++) {
		reach_ask(r, &at, false);
		expect_home("192.0.2.1:1");
	}
	hear("192.0.2.2:2");
	expect_home("192.0.2.2:2");
	hear("198.51.100.9:9");
	for (int i = 0; i < 4; i++) {
		go(reach_ask(r, &at, false));
		expect_home("198.51.100.9:9");
	}
	/* The list has a new one, and no longer the second. */
	hear("192.0.2.2:2");
	set(false, "192.0.2.1:1", "192.0.2.3:3", NULL);
	expect_home("192.0.2.1:1");
}

static void test_port_alone_makes_another_place(void **state)
{
	(void)state;
	set(false, "192.0.2.1:1", NULL, NULL);
	hear("192.0.2.1:2");
	expect_ask("192.0.2.1:2");
	expect_ask("192.0.2.1:2");
	expect_ask("192.0.2.1:1");
}

static void test_same_address_twice_is_one_place(void **state)
{
	(void)state;
	set(false, "192.0.2.1:1", "192.0.2.1:1", "192.0.2.2:2");
	assert_int_equal(r->n, 2);
	hear("198.51.100.9:9");
	set(false, "192.0.2.1:1", "198.51.100.9:9", NULL); /* a candidate now */
	expect_at("198.51.100.9:9");
	expect_ask("198.51.100.9:9");
	expect_ask("198.51.100.9:9");
	expect_ask("192.0.2.1:1");
	expect_ask("198.51.100.9:9");
	expect_ask("192.0.2.1:1");
}

static void test_eight_candidates_are_kept(void **state)
{
	struct endpoint ends[REACH_CANDIDATES + 4];

	(void)state;
	for (unsigned i = 0; i < LEN(ends); i++) {
		ends[i] = end_of("192.0.2.1:1000");
		store_be16(&ends[i].remote.v4.sin_port, (uint16_t)(1000 + i));
	}
	go(reach_set(r, ends, LEN(ends), &at, false));
	assert_non_null(place_at(&ends[REACH_CANDIDATES - 1]));
	assert_null(place_at(&ends[REACH_CANDIDATES]));
	expect_ask("192.0.2.1:1000");
	expect_ask("192.0.2.1:1000");
	for (int i = 1; i < REACH_CANDIDATES; i++)
		go(reach_ask(r, &at, false));
	expect_at("192.0.2.1:1007");
	expect_ask("192.0.2.1:1000");
}

static void test_working_session_is_not_moved_by_new_candidates(void **state)
{
	(void)state;
	set(false, "192.0.2.1:1", NULL, NULL);
	set(true, "192.0.2.2:2", NULL, NULL);
	expect_at("192.0.2.1:1");
	/* It stays a place, though no candidate, until it goes unanswered. */
	expect_ask("192.0.2.1:1");
	expect_ask("192.0.2.1:1");
	expect_ask("192.0.2.2:2");
	expect_ask("192.0.2.1:1");
}

static void test_silent_peer_leaves_an_address_that_its_name_lost(void **state)
{
	(void)state;
	set(false, "192.0.2.1:1", NULL, NULL);
	expect_ask("192.0.2.1:1");
	expect_ask("192.0.2.1:1");
	set(false, "192.0.2.2:2", "192.0.2.3:3", NULL);
	expect_at("192.0.2.2:2");
	/* What has come new gets two, as the first did, before the next one is tried. */
	expect_ask("192.0.2.2:2");
	expect_ask("192.0.2.2:2");
	expect_ask("192.0.2.3:3");
	expect_ask("192.0.2.2:2");
}

static void test_same_answer_does_not_disturb_the_turn(void **state)
{
	(void)state;
	set(false, "192.0.2.1:1", "192.0.2.2:2", NULL);
	hear("198.51.100.9:9");
	for (int i = 0; i < 2; i++) {
		expect_ask("198.51.100.9:9");
		set(false, "192.0.2.2:2", "192.0.2.1:1", NULL);
		expect_at("198.51.100.9:9");
	}
	/* Name servers shuffle. */
	expect_ask("192.0.2.1:1");
	set(false, "192.0.2.1:1", "192.0.2.2:2", NULL);
	expect_ask("192.0.2.2:2");
	set(false, "192.0.2.2:2", "192.0.2.1:1", NULL);
	expect_ask("198.51.100.9:9");
	/* A new address is worth leaving it for. */
	set(false, "192.0.2.4:4", "192.0.2.1:1", NULL);
	expect_at("192.0.2.4:4");
}

static void test_no_candidates_any_more_leaves_the_peer_where_it_is(void **state)
{
	(void)state;
	set(false, "192.0.2.1:1", "192.0.2.2:2", NULL);
	set(false, NULL, NULL, NULL);
	expect_at("192.0.2.1:1");
	for (int i = 0; i < 4; i++)
		expect_ask("192.0.2.1:1");
	/* What was configured before is not tried again. */
	set(false, "192.0.2.9:9", NULL, NULL);
	for (int i = 0; i < 4; i++)
		expect_ask("192.0.2.9:9");
}

static void test_places_know_nothing_of_our_own_address(void **state)
{
	struct endpoint end = end_of("192.0.2.1:1");

	(void)state;
	end.local.family = AF_INET;
	end.ifindex = 3;
	reach_set(r, &end, 1, &at, false);
	assert_int_equal(place_at(&end)->local.family, 0);
	end.remote.v4.sin_port = 9;
	reach_found(r, &end);
	assert_int_equal(place_at(&end)->local.family, 0);
	assert_int_equal(place_at(&end)->ifindex, 3); /* it was heard by that */
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup(test, set_up)
	const struct CMUnitTest tests[] = {
		EACH(test_no_place_is_no_advice),
		EACH(test_first_candidate_is_where_an_unknown_peer_is),
		EACH(test_single_place_is_asked_again_and_again),
		EACH(test_two_unanswered_then_each_place_in_turn),
		EACH(test_roamed_peer_is_looked_for_at_its_endpoint_again),
		EACH(test_roamed_place_ends_when_the_peer_is_back),
		EACH(test_peer_that_is_heard_is_not_left),
		EACH(test_place_is_not_left_before_its_session_works_no_more),
		EACH(test_after_an_outage_of_our_own_a_peer_is_asked_where_it_was_found),
		EACH(test_after_an_outage_an_unheard_peer_is_asked_at_its_best_candidate),
		EACH(test_place_without_a_route_does_not_keep_others_from_their_turn),
		EACH(test_port_alone_makes_another_place),
		EACH(test_same_address_twice_is_one_place),
		EACH(test_eight_candidates_are_kept),
		EACH(test_working_session_is_not_moved_by_new_candidates),
		EACH(test_silent_peer_leaves_an_address_that_its_name_lost),
		EACH(test_same_answer_does_not_disturb_the_turn),
		EACH(test_no_candidates_any_more_leaves_the_peer_where_it_is),
		EACH(test_home_stays_while_other_places_are_tried),
		EACH(test_places_know_nothing_of_our_own_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
