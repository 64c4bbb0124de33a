/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/outbox.h"

/* A monitor that does not read must keep no packet waiting, and gets everything later. */

enum { LINES = 3000, LINE = 200 };

static struct outbox box;
static int end[2]; /* ours, the monitor's */
static struct message_in in;
static bool is_gone;

static void gone(void *ctx)
{
	*(bool *)ctx = true;
}

static int set_up(void **state)
{
	(void)state;
	is_gone = false;
	if (message_pair(end) < 0)
		return -1;
	outbox_open(&box, ev_loop_new(EVFLAG_AUTO), end[0], gone, &is_gone);
	return box.ev ? 0 : -1;
}

static int tear_down(void **state)
{
	struct ev_loop *ev = box.ev;

	(void)state;
	message_shut(end[1]);
	outbox_close(&box);
	if (ev)
		ev_loop_destroy(ev);
	message_close_fds(&in);
	close(end[0]);
	if (end[1] >= 0)
		close(end[1]);
	return 0;
}

static int say_line(unsigned n)
{
	const struct message m = { .kind = MESSAGE_LOG, .a = n };
	char text[LINE];

	memset(text, 'x', sizeof(text));
	return outbox_send(&box, &m, text, sizeof(text), -1);
}

static int tell(enum message_kind kind, uint32_t a, int fd)
{
	const struct message m = { .kind = (uint8_t)kind, .a = a };

	return outbox_send(&box, &m, NULL, 0, fd);
}

/* The next one, while the loop runs. */
static bool hear(void)
{
	int r = message_recv(end[1], &in);

	for (int i = 0; i < 10 && r == 0; i++) {
		ev_run(box.ev, EVRUN_NOWAIT);
		r = message_recv(end[1], &in);
	}
	assert_true(r >= 0);
	return r > 0;
}

static void test_nothing_waits_and_order_is_kept(void **state)
{
	uint64_t began = clock_monotonic_us();

	(void)state;
	for (unsigned i = 0; i < LINES; i++)
		assert_int_equal(say_line(i), 0);
	assert_int_equal(tell(MESSAGE_MTU, 1400, -1), 0);
	assert_true(clock_monotonic_us() - began < 500000);
	assert_non_null(box.first);
	for (unsigned i = 0; i < LINES; i++) {
		assert_true(hear());
		assert_int_equal(in.head.kind, MESSAGE_LOG);
		assert_int_equal(in.head.a, i);
		assert_int_equal(in.len, LINE);
	}
	assert_true(hear());
	assert_int_equal(in.head.kind, MESSAGE_MTU);
	assert_int_equal(in.head.a, 1400);
	assert_false(hear());
	assert_false(ev_is_active(&box.io)); /* or the loop would turn and turn */
	assert_int_equal(box.bytes, 0);
}

static void test_lines_beyond_the_limit_are_lost_and_counted(void **state)
{
	unsigned n = 0, lost;
	char text[64];

	(void)state;
	while (say_line(n) == 0)
		n++;
	assert_true(box.bytes < OUTBOX_LOG + 2 * LINE + 64);
	assert_int_equal(say_line(n), -EAGAIN);
	lost = 2;
	/* The rest still has room. */
	assert_int_equal(tell(MESSAGE_DONE, 7, -1), 0);
	for (unsigned i = 0; i < n; i++)
		assert_true(hear());
	assert_true(hear());
	assert_int_equal(in.head.kind, MESSAGE_DONE);
	assert_true(hear());
	snprintf(text, sizeof(text), "%u lines of the log were lost", lost);
	assert_string_equal(in.text, text);
	assert_false(hear());
}

static void test_of_some_kinds_only_the_latest_waits(void **state)
{
	int ends[2], other[2];
	char byte;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(pipe(other), 0);
	while (!box.first)
		assert_int_equal(say_line(0), 0);
	assert_int_equal(tell(MESSAGE_STATE, 1, ends[1]), 0);
	assert_int_equal(tell(MESSAGE_DONE, 0, -1), 0);
	assert_int_equal(tell(MESSAGE_STATE, 2, other[1]), 0);
	assert_int_equal(read(ends[0], &byte, 1), 0); /* that of the first was closed */
	do
		assert_true(hear());
	while (in.head.kind == MESSAGE_LOG);
	assert_int_equal(in.head.kind, MESSAGE_STATE);
	assert_int_equal(in.head.a, 2);
	assert_int_equal(in.n_fd, 1);
	message_close_fds(&in);
	assert_int_equal(read(other[0], &byte, 1), 0); /* nobody else has it */
	assert_true(hear());
	assert_int_equal(in.head.kind, MESSAGE_DONE);
	assert_false(hear());
	close(ends[0]);
	close(other[0]);
}

static void test_monitor_that_is_gone_is_told(void **state)
{
	(void)state;
	while (!box.first)
		assert_int_equal(say_line(0), 0);
	close(end[1]);
	end[1] = -1;
	ev_run(box.ev, EVRUN_NOWAIT);
	assert_true(is_gone);
	assert_false(ev_is_active(&box.io));
	assert_int_equal(say_line(0), -EPIPE);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing_waits_and_order_is_kept),
		TEST(test_lines_beyond_the_limit_are_lost_and_counted),
		TEST(test_of_some_kinds_only_the_latest_waits),
		TEST(test_monitor_that_is_gone_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
