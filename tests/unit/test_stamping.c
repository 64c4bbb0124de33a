/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "daemon/internal.h"
#include "forced.h"
#include "privsep/blob.h"
#include "privsep/stamps.h"
#include "proto/admin.h"
#include "proto/noise.h"
#include "seed.h"

/* What a worker hands over of its stamps, and what the next one makes of it. */

enum { HOUR = 3600, LEAD = STAMPS_LEAD_S, LEAD_DEAD = 60 };

static struct daemon d;
static struct tunnel *const t = &d.datapath.tunnel;
static struct seed seed;
static struct print handed; /* by the worker */
static unsigned handed_n;

void __wrap_elevate_reply(struct daemon *worker, enum message_kind kind, int result, uint32_t a,
			  int fd);

void __wrap_elevate_reply(struct daemon *worker, enum message_kind kind, int result, uint32_t a,
			  int fd)
{
	assert_ptr_equal(worker, &d);
	assert_int_equal(kind, MESSAGE_STAMP);
	assert_int_equal(result, 0);
	assert_int_equal(a, 0);
	print_fini(&handed);
	assert_int_equal(blob_read(fd, &handed), 0);
	close(fd);
	handed_n++;
}

static struct key key_of(uint8_t first)
{
	return (struct key){ { first } };
}

static struct peer *add(uint8_t first)
{
	struct key key = key_of(first);
	struct peer *p;

	assert_int_equal(admin_add(t, &key, &p), 0);
	return p;
}

/* A new process, with what the last one handed over. */
static void begin(void)
{
	struct rng rng = seed_chance(&seed);
	int blob = handed.len ? blob_make(handed.chars, handed.len) : -1;

	memset(&d, 0, sizeof(d));
	assert_int_equal(tunnel_init(t, &rng, 4), 0);
	d.loop.ev = ev_loop_new(EVFLAG_AUTO);
	assert_non_null(d.loop.ev);
	stamping_open(&d, blob);
}

static void end(void)
{
	stamping_close(&d);
	ev_loop_destroy(d.loop.ev);
	tunnel_fini(t);
}

/* It sends an initiation, stamped by a clock that is behind by that many seconds. */
static void initiate(struct peer *p, uint64_t behind)
{
	uint8_t stamp[TIMESTAMP_LEN];

	noise_timestamp(stamp, clock_now().wall - behind * SECOND_NS, p->sent_timestamp);
	t->initiations_sent++;
	stamping_soon(&d);
}

/* Seconds of the stamp that was handed over for this peer; 0: there is none. */
static uint64_t handed_for(uint8_t first)
{
	struct key key = key_of(first);
	int n = stamps_count(handed.chars, handed.len);

	assert_true(n >= 0);
	for (int i = 0; i < n; i++) {
		struct stamp s = stamps_get(handed.chars, (unsigned)i);

		if (key_equal(&s.peer, &key))
			return load_be64(s.at);
	}
	return 0;
}

static uint64_t sent_by(const struct peer *p)
{
	return load_be64(p->sent_timestamp);
}

static int set_up(void **state)
{
	(void)state;
	print_fini(&handed);
	handed_n = 0;
	return forced_aead();
}

static void test_two_seconds_more_than_was_sent_are_handed_over(void **state)
{
	uint64_t sent;

	(void)state;
	begin();
	add(1);
	initiate(add(2), 0);
	sent = sent_by(admin_find(t, &(struct key){ { 2 } }));
	end();
	assert_int_equal(handed_n, 1);
	assert_int_equal(handed_for(1), 0); /* it was never asked */
	assert_true(handed_for(2) == sent + LEAD);
}

static void test_the_next_process_goes_on_from_there(void **state)
{
	uint64_t left;
	struct peer *p;

	(void)state;
	begin();
	initiate(add(1), 0);
	end();
	left = handed_for(1);
	begin();
	p = add(1);
	add(2);
	stamping_give(&d);
	assert_true(sent_by(p) == left);
	initiate(p, HOUR); /* the clock went back */
	assert_true(sent_by(p) >= left && sent_by(p) <= left + 1);
	end();
	/* As the monitor has in the file before any is sent. */
	assert_true(handed_for(1) == left + LEAD);
}

static void test_a_clock_that_is_ahead_counts(void **state)
{
	struct peer *p;
	uint64_t left;

	(void)state;
	begin();
	initiate(add(1), HOUR);
	end();
	left = handed_for(1);
	begin();
	p = add(1);
	stamping_give(&d);
	initiate(p, 0);
	assert_true(sent_by(p) >= left + HOUR - 2 * LEAD);
	assert_true(d.peerwatch.back_at == 0);
	end();
}

/* However often it is killed and started. */
static void test_a_crash_loop_leads_by_two_seconds_a_restart(void **state)
{
	uint64_t first, before = 0;

	(void)state;
	begin();
	initiate(add(1), 0);
	end();
	first = before = handed_for(1);
	for (unsigned i = 1; i <= 50; i++) {
		struct peer *p;

		begin();
		p = add(1);
		stamping_give(&d);
		initiate(p, HOUR);
		initiate(p, HOUR);
		end();
		assert_true(handed_for(1) > before);
		assert_true(handed_for(1) == first + i * LEAD);
		before = handed_for(1);
	}
}

/* Restarts while peer 1 is not asked: by how much does it lead further? */
static uint64_t lead_of_the_silent(uint64_t behind, unsigned restarts)
{
	uint64_t left;

	begin();
	initiate(add(1), behind);
	initiate(add(2), behind);
	end();
	left = handed_for(1);
	for (unsigned i = 0; i < restarts; i++) {
		begin();
		add(1);
		add(2);
		stamping_give(&d);
		initiate(admin_find(t, &(struct key){ { 2 } }), 0);
		end();
		assert_true(handed_for(2) > left);
	}
	left = handed_for(1) - left;
	print_fini(&handed);
	return left;
}

static void test_peers_that_were_not_asked_keep_what_they_had(void **state)
{
	(void)state;
	assert_int_equal(lead_of_the_silent(HOUR, 5), 0);
	/* Where the clock does not help, what the monitor has written before stays. */
	assert_int_equal(lead_of_the_silent(0, 5), 5 * LEAD);
}

static void test_peers_that_are_gone_are_not_handed_over(void **state)
{
	(void)state;
	begin();
	initiate(add(1), 0);
	initiate(add(2), 0);
	end();
	assert_true(handed_for(1) && handed_for(2));
	begin();
	add(2);
	stamping_give(&d);
	stamping_soon(&d);
	end();
	assert_true(handed_for(1) == 0 && handed_for(2) > 0);
}

/* As with wg setconf, peer by peer. */
static void test_a_peer_that_comes_later_goes_on_as_well(void **state)
{
	uint64_t left;
	struct peer *p;

	(void)state;
	begin();
	initiate(add(1), 0);
	end();
	left = handed_for(1);
	begin();
	stamping_give(&d);
	p = add(1);
	assert_true(sent_by(p) == 0);
	stamping_give(&d);
	assert_true(sent_by(p) == left);
	end();
}

static void test_a_clock_that_is_behind_is_told(void **state)
{
	struct print bytes = { 0 };
	uint8_t stamp[TIMESTAMP_LEN], none[TIMESTAMP_LEN] = { 0 };
	struct key key = key_of(1);

	(void)state;
	noise_timestamp(stamp, clock_now().wall + HOUR * SECOND_NS, none);
	stamps_begin(&bytes);
	stamps_add(&bytes, &key, stamp);
	stamps_end(&bytes);
	handed = bytes;
	begin();
	add(1);
	stamping_give(&d);
	assert_true(d.peerwatch.back_at > 0);
	assert_in_range(d.peerwatch.back_by / SECOND_NS, HOUR - LEAD - 2, HOUR);
	end();
}

/* Nor does an end that came right after a peer was given up blame the clock. */
static void test_what_restarts_add_is_not_the_clock(void **state)
{
	struct peer *p;

	(void)state;
	begin();
	p = add(1);
	p->note.given_up = 2;
	p->heard_at = 1;
	initiate(p, 0);
	end();
	for (unsigned i = 0; i < 10; i++) {
		begin();
		p = add(1);
		stamping_give(&d);
		assert_true(d.peerwatch.back_at == 0);
		initiate(p, 0);
		end();
	}
}

static void test_what_are_no_stamps_count_for_nothing(void **state)
{
	struct peer *p;

	(void)state;
	begin();
	initiate(add(1), 0);
	end();
	for (size_t bit = 0; bit < 8 * 24; bit++) {
		handed.chars[bit / 8] ^= (char)(1 << bit % 8);
		begin();
		p = add(1);
		stamping_give(&d);
		assert_true(sent_by(p) == 0);
		end();
		handed.chars[bit / 8] ^= (char)(1 << bit % 8);
	}
}

/* The monitor then finds that it has nothing to write. */
static void test_as_long_as_the_lead_lasts_nothing_changes(void **state)
{
	struct peer *p;
	uint64_t left;

	(void)state;
	begin();
	p = add(1);
	initiate(p, 0);
	ev_run(d.loop.ev, EVRUN_ONCE);
	left = handed_for(1);
	for (unsigned i = 0; i < 100; i++) /* 1/60 s each */
		initiate(p, HOUR);
	end();
	assert_int_equal(handed_n, 2);
	assert_true(handed_for(1) == left);
}

/* It is asked every 5 s, which must not write to the disk each time. */
static void test_a_peer_that_was_given_up_has_a_lead_of_a_minute(void **state)
{
	uint64_t sent;
	struct peer *p;

	(void)state;
	begin();
	p = add(1);
	p->note.given_up = 2;
	p->heard_at = 1;
	initiate(p, 0);
	sent = sent_by(p);
	end();
	assert_true(handed_for(1) == sent + LEAD_DEAD);
	print_fini(&handed);
	begin();
	p = add(1);
	p->note.given_up = 2;
	p->heard_at = 3; /* and is back */
	initiate(p, 0);
	sent = sent_by(p);
	end();
	assert_true(handed_for(1) == sent + LEAD);
}

/* A file may hold any time: what follows the last one is not handed over, and ends no worker. */
static void test_a_stamp_at_the_end_of_time_ends_nothing(void **state)
{
	struct key key = key_of(1);
	uint8_t stamp[TIMESTAMP_LEN] = { 0 };

	(void)state;
	store_be64(stamp, 0x400000ffffffffff);
	stamps_begin(&handed);
	stamps_add(&handed, &key, stamp);
	stamps_end(&handed);
	begin();
	add(2);
	initiate(add(1), 0);
	stamping_give(&d);
	initiate(admin_find(t, &key), 0);
	initiate(admin_find(t, &(struct key){ { 2 } }), 0);
	end();
	assert_int_equal(stamps_count(handed.chars, handed.len), 1);
	assert_true(handed_for(2) > 0);
}

static void test_nothing_is_handed_over_without_an_initiation(void **state)
{
	(void)state;
	begin();
	add(1);
	stamping_give(&d);
	end();
	assert_int_equal(handed_n, 0);
}

/* The first at once, then once a second. */
static void test_many_initiations_are_handed_over_together(void **state)
{
	struct peer *p;

	(void)state;
	begin();
	p = add(1);
	initiate(p, 0);
	ev_run(d.loop.ev, EVRUN_ONCE);
	assert_int_equal(handed_n, 1);
	for (unsigned i = 0; i < 100; i++) {
		initiate(p, 0);
		ev_run(d.loop.ev, EVRUN_NOWAIT);
	}
	assert_true(handed_n <= 2); /* a slow machine may take a second for that */
	end();
	assert_true(handed_n <= 3);
	assert_true(handed_for(1) > 0);
}

#define EACH(test) cmocka_unit_test_setup(test, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(test_two_seconds_more_than_was_sent_are_handed_over),
		EACH(test_the_next_process_goes_on_from_there),
		EACH(test_a_clock_that_is_ahead_counts),
		EACH(test_a_crash_loop_leads_by_two_seconds_a_restart),
		EACH(test_peers_that_were_not_asked_keep_what_they_had),
		EACH(test_peers_that_are_gone_are_not_handed_over),
		EACH(test_a_peer_that_comes_later_goes_on_as_well),
		EACH(test_a_clock_that_is_behind_is_told),
		EACH(test_what_restarts_add_is_not_the_clock),
		EACH(test_what_are_no_stamps_count_for_nothing),
		EACH(test_as_long_as_the_lead_lasts_nothing_changes),
		EACH(test_a_peer_that_was_given_up_has_a_lead_of_a_minute),
		EACH(test_a_stamp_at_the_end_of_time_ends_nothing),
		EACH(test_nothing_is_handed_over_without_an_initiation),
		EACH(test_many_initiations_are_handed_over_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
