/* SPDX-License-Identifier: ISC */
/* What others take away: when it is put back, how often, and what is told about it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/instant.h"
#include "base/mem.h"
#include "monitor/wanted.h"

#define MS MILLI_NS

static const uint64_t start = 1000 * SECOND_NS;

static struct wanted w;
static struct objects list, there;
static struct object address, route, route6, rule;

static struct object make(enum object_kind kind, const char *prefix, uint32_t table)
{
	struct object o = { .kind = kind, .table = table };

	assert_true(prefix_parse(&o.prefix, prefix, strlen(prefix)));
	return o;
}

static void fill(struct objects *set, const struct object *const *o, size_t n)
{
	objects_fini(set);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(objects_add(set, o[i]), 0);
	objects_sort(set);
}

#define FILL(set, ...)                                           \
	fill(set, (const struct object *const[]){ __VA_ARGS__ }, \
	     sizeof((const struct object *const[]){ __VA_ARGS__ }) / sizeof(void *))

static int set_up(void **state)
{
	(void)state;
	address = make(OBJECT_ADDRESS, "10.9.0.1/24", 0);
	route = make(OBJECT_ROUTE, "10.1.0.0/16", 254);
	route6 = make(OBJECT_ROUTE, "fd01::/64", 254);
	rule = make(OBJECT_RULE_MARK, "0.0.0.0/0", 51820);
	w = (struct wanted){ .link_up = true, .has_ipv6 = true, .due = UINT64_MAX };
	FILL(&list, &rule, &route6, &route, &address);
	assert_int_equal(wanted_set(&w, &list), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	mem_fail_after(-1);
	wanted_fini(&w);
	objects_fini(&list);
	objects_fini(&there);
	return 0;
}

static struct wanted_item *item(const struct object *o)
{
	struct wanted_item *i = wanted_find(&w, o);

	assert_non_null(i);
	return i;
}

static void take_away(const struct object *o, uint64_t now)
{
	wanted_gone(&w, item(o), "ip (process 7)", now, 50 * MS);
}

/* What is due, is tried with this result. How many were. */
static unsigned try_all(int result, uint64_t now)
{
	struct wanted_item *i;
	unsigned n = 0;
	size_t at = 0;

	while ((i = wanted_next(&w, &at, now))) {
		wanted_tried(&w, i, result, now);
		n++;
	}
	wanted_settle(&w, now);
	return n;
}

static struct drift report(uint64_t now)
{
	struct drift d;

	wanted_report(&w, &d, now);
	return d;
}

/* How many lines of the log there are. */
static size_t lines(enum wanted_kind kind)
{
	struct wanted_news news;
	size_t all = 0;
	bool any = wanted_has_news(&w);

	wanted_tell(&w, &news);
	assert_true(!news.first[kind] == !news.n[kind]);
	for (unsigned i = 0; i < WANTED_KINDS; i++)
		all += news.n[i];
	assert_int_equal(any, all > 0);
	assert_false(wanted_has_news(&w));
	return news.n[kind];
}

static void test_nothing_is_due_while_all_is_there(void **state)
{
	(void)state;
	wanted_settle(&w, start);
	assert_true(w.due == UINT64_MAX);
	assert_int_equal(try_all(1, start), 0);
	assert_int_equal(report(start).n, 0);
	assert_null(wanted_find(&w, &(struct object){ .kind = OBJECT_ROUTE }));
}

static void test_what_is_gone_is_put_back_after_a_pause_and_told_once(void **state)
{
	struct drift d;

	(void)state;
	take_away(&rule, start);
	take_away(&route, start + 10 * MS);
	assert_true(w.due == start + 50 * MS);
	assert_int_equal(try_all(1, start + 49 * MS), 0);
	assert_int_equal(report(start + 49 * MS).n, 0);
	assert_int_equal(try_all(1, start + 60 * MS), 2);
	assert_int_equal(lines(WANTED_BACK), 2);
	assert_int_equal(lines(WANTED_BACK), 0);
	d = report(start + 5 * SECOND_NS);
	assert_int_equal(d.n, 2);
	assert_int_equal(d.missing, 0);
	assert_int_equal(d.put_back, 2);
	assert_int_equal(d.item[0].missing, 0);
	assert_int_equal(d.item[0].times, 1);
	assert_int_equal(d.item[0].age, 4);
	assert_string_equal(d.item[0].what, "route to 10.1.0.0/16");
	assert_string_equal(d.item[1].what, "IPv4 rule 'not fwmark 0xca6c lookup 51820'");
	assert_string_equal(d.item[1].by, "ip (process 7)");
}

/* A replacement comes as a removal and an addition. */
static void test_what_somebody_else_puts_back_is_no_drift(void **state)
{
	(void)state;
	take_away(&route, start);
	wanted_back(item(&route));
	assert_int_equal(try_all(1, start + SECOND_NS), 0);
	assert_int_equal(report(start + SECOND_NS).n, 0);
	/* We were about to, but it was there. */
	take_away(&rule, start);
	assert_int_equal(try_all(0, start + SECOND_NS), 1);
	assert_int_equal(report(start + SECOND_NS).n, 0);
	assert_int_equal(w.put_back, 0);
}

/* Ten times a second, for 200 seconds: how often it was put back in each minute. */
static void test_ten_times_a_minute_is_the_most(void **state)
{
	uint64_t back[64] = { 0 }, now = start;
	unsigned n = 0;

	(void)state;
	for (; now < start + 200 * SECOND_NS; now += 100 * MS) {
		if (!item(&rule)->missing)
			take_away(&rule, now);
		if (w.due <= now + 60 * MS && try_all(1, now + 60 * MS))
			back[n++] = now;
		assert_true(n < LEN(back));
	}
	assert_int_equal(n, 40);
	for (unsigned i = WANTED_TIMES; i < n; i++)
		assert_true(back[i] - back[i - WANTED_TIMES] >= 60 * SECOND_NS);
	/* The others are not affected. */
	take_away(&route, now);
	assert_int_equal(try_all(1, now + 50 * MS), 1);
}

static void test_too_often_is_told_once_as_long_as_it_lasts(void **state)
{
	uint64_t now = start;
	size_t back = 0, often = 0;
	struct drift d;

	(void)state;
	for (; now < start + 70 * SECOND_NS; now += 100 * MS) {
		struct wanted_news news;

		if (!item(&rule)->missing)
			take_away(&rule, now);
		try_all(1, now + 50 * MS);
		wanted_tell(&w, &news);
		back += news.n[WANTED_BACK];
		often += news.n[WANTED_OFTEN];
		assert_int_equal(news.n[WANTED_STUCK], 0);
	}
	assert_int_equal(back, 1);
	assert_int_equal(often, 1);
	d = report(now);
	assert_int_equal(d.missing, 1);
	assert_int_equal(d.n, 1);
	assert_int_equal(d.item[0].missing, 1);
	assert_int_equal(d.item[0].error, 0);
	assert_int_equal(d.item[0].times, 20);
}

static void test_a_reload_puts_it_back_whatever_was_before(void **state)
{
	(void)state;
	for (unsigned i = 0; i < WANTED_TIMES; i++) {
		take_away(&rule, start + i * SECOND_NS);
		assert_int_equal(try_all(1, start + i * SECOND_NS + 50 * MS), 1);
	}
	take_away(&rule, start + 20 * SECOND_NS);
	assert_int_equal(try_all(1, start + 21 * SECOND_NS), 0);
	assert_int_equal(report(start + 21 * SECOND_NS).missing, 1);
	wanted_forgive(&w, start + 22 * SECOND_NS);
	assert_int_equal(try_all(1, start + 22 * SECOND_NS), 1);
	assert_int_equal(report(start + 22 * SECOND_NS).missing, 0);
}

static void test_what_was_long_ago_is_forgotten(void **state)
{
	(void)state;
	take_away(&route, start);
	assert_int_equal(try_all(1, start + SECOND_NS), 1);
	assert_true(w.due == start + 600 * SECOND_NS);
	wanted_settle(&w, w.due - 1);
	assert_int_equal(report(w.due).n, 1);
	wanted_settle(&w, w.due);
	assert_int_equal(report(start + 600 * SECOND_NS).n, 0);
	assert_true(w.due == UINT64_MAX);
	assert_int_equal(w.put_back, 1);
}

static void test_what_needs_the_link_waits_for_it(void **state)
{
	(void)state;
	w.link_up = false;
	take_away(&route, start);
	take_away(&rule, start);
	take_away(&address, start);
	assert_true(wanted_is_dormant(&w, &route));
	assert_false(wanted_is_dormant(&w, &rule));
	assert_false(wanted_is_dormant(&w, &address));
	assert_int_equal(try_all(1, start + SECOND_NS), 2);
	assert_true(item(&route)->missing);
	assert_int_equal(report(start + SECOND_NS).n, 2);
	assert_int_equal(report(start + SECOND_NS).missing, 0);
	assert_true(w.due == start + 600 * SECOND_NS);
}

static void test_ipv6_waits_for_an_mtu_that_allows_it(void **state)
{
	(void)state;
	w.has_ipv6 = false;
	take_away(&route6, start);
	take_away(&route, start);
	assert_int_equal(try_all(1, start + SECOND_NS), 1);
	assert_true(item(&route6)->missing);
	w.has_ipv6 = true;
	assert_int_equal(try_all(1, start + SECOND_NS), 1);
}

/* The kernel says nothing about IPv4 routes then, and about IPv6 ones that they are gone. */
static void test_what_the_link_took_along_comes_back_without_a_word(void **state)
{
	(void)state;
	w.link_up = false;
	take_away(&route6, start);
	assert_int_equal(try_all(1, start + SECOND_NS), 0);
	w.link_up = true;
	FILL(&there, &address, &rule);
	wanted_look(&w, &there, "", true, start + 2 * SECOND_NS);
	assert_int_equal(try_all(1, start + 2 * SECOND_NS), 2);
	assert_false(item(&route)->missing);
	assert_int_equal(report(start + 2 * SECOND_NS).n, 0);
	assert_int_equal(w.put_back, 0);
	assert_int_equal(lines(WANTED_BACK), 0);
	/* A rule does not go with the link. */
	FILL(&there, &address, &route, &route6);
	wanted_look(&w, &there, "", true, start + 3 * SECOND_NS);
	assert_int_equal(try_all(1, start + 3 * SECOND_NS), 1);
	assert_int_equal(report(start + 3 * SECOND_NS).n, 1);
}

static void test_link_that_goes_down_right_then_is_no_refusal(void **state)
{
	(void)state;
	take_away(&route, start);
	assert_int_equal(try_all(-ENETDOWN, start + SECOND_NS), 1);
	assert_int_equal(report(start + SECOND_NS).n, 0);
	assert_int_equal(lines(WANTED_STUCK), 0);
	assert_int_equal(try_all(1, start + 2 * SECOND_NS), 0);
	FILL(&there, &rule, &address, &route6);
	wanted_look(&w, &there, "", true, start + 2 * SECOND_NS);
	assert_int_equal(try_all(1, start + 2 * SECOND_NS), 1);
	assert_int_equal(report(start + 2 * SECOND_NS).n, 0);
}

static void test_a_look_finds_what_no_notice_told(void **state)
{
	(void)state;
	take_away(&rule, start);
	FILL(&there, &rule, &route6, &address);
	wanted_look(&w, &there, "ip (process 9)", false, start);
	assert_false(item(&rule)->missing);
	assert_true(item(&route)->missing);
	assert_true(w.due <= start);
	assert_int_equal(try_all(1, start), 1);
	assert_string_equal(report(start).item[0].by, "ip (process 9)");
}

/* Is it ours that is there?  Only a look tells. */
static void test_another_in_its_place_is_told_when_that_is_sure(void **state)
{
	uint64_t now = start + SECOND_NS;

	(void)state;
	take_away(&route, start);
	take_away(&route6, start);
	assert_int_equal(try_all(-EEXIST, now), 2);
	assert_int_equal(lines(WANTED_STUCK), 0);
	assert_int_equal(report(now).missing, 0);
	FILL(&there, &rule, &route6, &address);
	wanted_look(&w, &there, "", false, now);
	assert_int_equal(lines(WANTED_STUCK), 1);
	assert_int_equal(lines(WANTED_STUCK), 0);
	assert_int_equal(report(now).missing, 1);
	assert_int_equal(report(now).item[0].error, -EEXIST);
	/* It is tried again, but not all the time; at once when that other one is gone. */
	assert_int_equal(try_all(-EEXIST, now + SECOND_NS), 0);
	wanted_free(&w, item(&route), now + 2 * SECOND_NS);
	assert_int_equal(try_all(1, now + 2 * SECOND_NS), 1);
	assert_int_equal(report(now + 2 * SECOND_NS).missing, 0);
}

static void test_what_the_kernel_refuses_is_tried_ever_more_seldom(void **state)
{
	unsigned n = 0;

	(void)state;
	take_away(&address, start);
	for (unsigned s = 1; s <= 60; s++)
		n += try_all(-EACCES, start + s * SECOND_NS);
	assert_in_range(n, 3, 5);
	for (unsigned s = 61; s <= 120; s++)
		n += try_all(-EACCES, start + s * SECOND_NS);
	assert_in_range(n, 5, 7);
	assert_int_equal(lines(WANTED_STUCK), 1);
	assert_int_equal(report(start + 120 * SECOND_NS).item[0].error, -EACCES);
	assert_int_equal(report(start + 120 * SECOND_NS).item[0].times, 0);
}

/* However long the other one was there. */
static void test_ours_is_back_at_once_when_its_place_is_free(void **state)
{
	uint64_t now = start;

	(void)state;
	take_away(&route, now);
	FILL(&there, &rule, &route6, &address);
	for (; now < start + 600 * SECOND_NS; now += SECOND_NS) {
		if (try_all(-EEXIST, now))
			wanted_look(&w, &there, "", false, now);
	}
	assert_int_equal(report(now).missing, 1);
	wanted_free(&w, item(&route), now + 50 * MS);
	assert_int_equal(try_all(1, now + 50 * MS), 1);
	assert_int_equal(report(now + SECOND_NS).missing, 0);
}

static void test_a_reload_keeps_the_past_of_what_stays(void **state)
{
	const struct object other = make(OBJECT_ROUTE, "10.3.0.0/16", 254);

	(void)state;
	take_away(&rule, start);
	take_away(&route, start);
	assert_int_equal(try_all(1, start + SECOND_NS), 2);
	take_away(&rule, start + 2 * SECOND_NS);
	FILL(&list, &rule, &other);
	assert_int_equal(wanted_set(&w, &list), 0);
	assert_null(wanted_find(&w, &route));
	assert_false(item(&other)->missing);
	assert_true(item(&rule)->missing);
	assert_int_equal(item(&rule)->lapse->times, 1);
	assert_int_equal(w.put_back, 2);
	objects_fini(&list);
	assert_int_equal(wanted_set(&w, &list), 0);
	assert_int_equal(w.n, 0);
}

static void test_without_memory_it_is_as_seldom(void **state)
{
	unsigned n = 0;

	(void)state;
	for (unsigned s = 0; s < 60; s++) {
		mem_fail_after(0);
		if (!item(&rule)->missing)
			take_away(&rule, start + s * SECOND_NS);
		mem_fail_after(-1);
		n += try_all(1, start + s * SECOND_NS + 500 * MS);
	}
	assert_in_range(n, 8, WANTED_TIMES);
}

static void test_the_report_has_room_for_a_few_the_worst_first(void **state)
{
	struct object many[2 * DRIFT_ITEMS];
	uint64_t now = start + 100 * SECOND_NS;
	struct drift d;

	(void)state;
	objects_fini(&list);
	for (unsigned i = 0; i < LEN(many); i++) {
		many[i] = make(OBJECT_ROUTE, "10.0.0.0/24", 254);
		many[i].prefix.ip.bytes[1] = (uint8_t)i;
		assert_int_equal(objects_add(&list, &many[i]), 0);
	}
	assert_int_equal(wanted_set(&w, &list), 0);
	for (unsigned i = 0; i < LEN(many); i++)
		take_away(&many[i], start + i * SECOND_NS);
	assert_int_equal(try_all(1, now), LEN(many));
	take_away(&many[3], now);
	assert_int_equal(try_all(-EPERM, now + SECOND_NS), 1);
	d = report(now + SECOND_NS);
	assert_int_equal(d.n, DRIFT_ITEMS);
	assert_int_equal(d.missing, 1);
	assert_int_equal(d.put_back, LEN(many));
	assert_string_equal(d.item[0].what, "route to 10.3.0.0/24");
	assert_string_equal(d.item[1].what, "route to 10.11.0.0/24");
	assert_string_equal(d.item[2].what, "route to 10.10.0.0/24");
}

static void test_objects_have_names(void **state)
{
	static const struct {
		enum object_kind kind;
		const char *prefix;
		uint32_t table;
		const char *name;
	} known[] = {
		{ OBJECT_ADDRESS, "fd09::1/64", 0, "address fd09::1/64" },
		{ OBJECT_ROUTE, "fd01::/64", 254, "route to fd01::/64" },
		{ OBJECT_ROUTE, "0.0.0.0/0", 51820, "route to 0.0.0.0/0 in table 51820" },
		{ OBJECT_CLOSED, "::/0", 77, "IPv6 route 'unreachable default' in table 77" },
		{ OBJECT_SETTING, "0.0.0.0/0", 0, "setting net.ipv4.conf.all.src_valid_mark = 1" },
		{ OBJECT_RULE_MAIN, "::/0", 0, "IPv6 rule 'lookup main suppress_prefixlength 0'" },
		{ OBJECT_RULE_MARK, "::/0", 77, "IPv6 rule 'not fwmark 0x4d lookup 77'" },
	};
	char text[DRIFT_WHAT];

	(void)state;
	for (unsigned i = 0; i < LEN(known); i++) {
		struct object o = make(known[i].kind, known[i].prefix, known[i].table);

		object_print(text, &o);
		assert_string_equal(text, known[i].name);
	}
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_nothing_is_due_while_all_is_there),
		TEST(test_what_is_gone_is_put_back_after_a_pause_and_told_once),
		TEST(test_what_somebody_else_puts_back_is_no_drift),
		TEST(test_ten_times_a_minute_is_the_most),
		TEST(test_too_often_is_told_once_as_long_as_it_lasts),
		TEST(test_a_reload_puts_it_back_whatever_was_before),
		TEST(test_what_was_long_ago_is_forgotten),
		TEST(test_what_needs_the_link_waits_for_it),
		TEST(test_ipv6_waits_for_an_mtu_that_allows_it),
		TEST(test_what_the_link_took_along_comes_back_without_a_word),
		TEST(test_link_that_goes_down_right_then_is_no_refusal),
		TEST(test_a_look_finds_what_no_notice_told),
		TEST(test_another_in_its_place_is_told_when_that_is_sure),
		TEST(test_what_the_kernel_refuses_is_tried_ever_more_seldom),
		TEST(test_ours_is_back_at_once_when_its_place_is_free),
		TEST(test_a_reload_keeps_the_past_of_what_stays),
		TEST(test_without_memory_it_is_as_seldom),
		TEST(test_the_report_has_room_for_a_few_the_worst_first),
		cmocka_unit_test(test_objects_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
