/* SPDX-License-Identifier: ISC */
/* Listeners of all kinds: quick, slow, gone, and one too many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "base/print.h"
#include "base/text.h"
#include "control/record.h"
#include "control/subscribers.h"

struct lab {
	struct ev_loop *loop;
	struct subscribers f;
};

static void on_end(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)timer;
	(void)events;
	ev_break(loop, EVBREAK_ALL);
}

static void pump(struct lab *l, int ms)
{
	ev_timer end;

	ev_now_update(l->loop);
	ev_timer_init(&end, on_end, ms / 1000.0, 0);
	ev_timer_start(l->loop, &end);
	ev_run(l->loop, 0);
	ev_timer_stop(l->loop, &end);
}

static int set_up(void **state)
{
	struct lab *l = calloc(1, sizeof(*l));

	l->loop = ev_loop_new(EVFLAG_AUTO | EVFLAG_NOENV);
	subscribers_open(&l->f, l->loop, "t0", .1);
	*state = l;
	return 0;
}

static int tear_down(void **state)
{
	struct lab *l = *state;

	subscribers_close(&l->f);
	ev_loop_destroy(l->loop);
	free(l);
	return 0;
}

__attribute__((format(printf, 4, 5))) static void publish(struct lab *l, const char *event,
							  const char *key, const char *format, ...)
{
	struct print line = { 0 };
	char value[12000];
	va_list ap;

	va_start(ap, format);
	vsnprintf(value, sizeof(value), format, ap);
	va_end(ap);
	subscribers_begin(&l->f, &line, event);
	record_add(&line, key, "%s", value);
	subscribers_publish(&l->f, &line);
}

/* Our end; *theirs is what the feed would be handed. */
static int make(int *theirs)
{
	int fd[2], small = 4096;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
	setsockopt(fd[1], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	*theirs = fd[1];
	return fd[0];
}

static int join(struct lab *l)
{
	int theirs, ours = make(&theirs);

	assert_int_equal(subscribers_join(&l->f, theirs, false), 0);
	return ours;
}

/* All that came so far, to be freed. *closed: nothing will come any more. */
static struct print hear(struct lab *l, int fd, bool *closed)
{
	struct print heard = { 0 };
	char some[4096];
	ssize_t n;

	pump(l, 1);
	while ((n = recv(fd, some, sizeof(some), 0)) > 0) {
		print_bytes(&heard, some, (size_t)n);
		pump(l, 1);
	}
	*closed = n == 0 || errno != EAGAIN;
	print_add(&heard, "%s", "");
	return heard;
}

/* The line without its time, which is checked to be one. */
static void expect_line(struct text *rest, const char *before, const char *after)
{
	struct text line, word, time = { 0 };
	char head[64], tail[4096];
	uint64_t seconds;
	size_t len;

	assert_true(text_split(rest, '\n', &line));
	len = (size_t)snprintf(head, sizeof(head), "event=%s time=", before);
	assert_true(text_len(line) > len);
	assert_memory_equal(line.at, head, len);
	line.at += len;
	text_split(&line, ' ', &word);
	assert_true(text_split(&word, '.', &time));
	assert_true(text_u64(time, UINT64_MAX, &seconds) && seconds > 1600000000);
	assert_int_equal(text_len(word), 9);
	snprintf(tail, sizeof(tail), "%.*s", (int)text_len(line), line.at);
	assert_string_equal(tail, after);
}

static void test_a_listener_is_greeted_and_told(void **state)
{
	struct lab *l = *state;
	struct print heard;
	struct text rest;
	bool closed;
	int fd;

	publish(l, "early", "n", "%d", 0); /* nobody is listening */
	fd = join(l);
	publish(l, "state", "state", "%s", "up");
	heard = hear(l, fd, &closed);
	assert_false(closed);
	rest = text_from_str(heard.chars);
	expect_line(&rest, "listening", "interface=t0");
	expect_line(&rest, "state", "interface=t0 state=up");
	assert_int_equal(text_len(rest), 0);
	print_fini(&heard);
	close(fd);
}

static void test_all_are_told_at_most_so_many(void **state)
{
	struct lab *l = *state;
	int fd[SUBSCRIBERS_MAX], theirs, ours, i;
	struct print heard;
	bool closed;

	for (i = 0; i < SUBSCRIBERS_MAX; i++)
		fd[i] = join(l);
	ours = make(&theirs);
	assert_int_equal(subscribers_join(&l->f, theirs, false), -EBUSY);
	publish(l, "x", "n", "1");
	for (i = 0; i < SUBSCRIBERS_MAX; i++) {
		heard = hear(l, fd[i], &closed);
		assert_non_null(strstr(heard.chars, "event=x "));
		print_fini(&heard);
	}
	/* a released place is available to the next */
	close(fd[3]);
	pump(l, 5);
	assert_int_equal(l->f.n, SUBSCRIBERS_MAX - 1);
	assert_int_equal(subscribers_join(&l->f, theirs, false), 0);
	for (i = 0; i < SUBSCRIBERS_MAX; i++) {
		if (i != 3)
			close(fd[i]);
	}
	close(ours);
	pump(l, 5);
	assert_int_equal(l->f.n, 0);
}

static void test_guests_leave_half_of_the_places(void **state)
{
	struct lab *l = *state;
	int ours[SUBSCRIBERS_MAX], theirs, more, i;

	for (i = 0; i < SUBSCRIBERS_GUESTS; i++) {
		ours[i] = make(&theirs);
		assert_int_equal(subscribers_join(&l->f, theirs, true), 0);
	}
	more = make(&theirs);
	assert_int_equal(subscribers_join(&l->f, theirs, true), -EBUSY);
	for (; i < SUBSCRIBERS_MAX; i++)
		ours[i] = join(l);
	/* One of the others leaves: its place is not for a guest; that of a guest is. */
	close(ours[SUBSCRIBERS_GUESTS]);
	pump(l, 5);
	assert_int_equal(subscribers_join(&l->f, theirs, true), -EBUSY);
	close(ours[0]);
	pump(l, 5);
	assert_int_equal(subscribers_join(&l->f, theirs, true), 0);
	for (i = 1; i < SUBSCRIBERS_MAX; i++) {
		if (i != SUBSCRIBERS_GUESTS)
			close(ours[i]);
	}
	close(more);
	pump(l, 5);
	assert_int_equal(l->f.n, 0);
	assert_int_equal(l->f.guests, 0);
}

/* Events that a listener who does not read gets and misses: together all. */
static void test_a_slow_listener_is_told_how_many_it_missed(void **state)
{
	enum { TOLD = 4000 };
	struct lab *l = *state;
	int fd = join(l), i;
	unsigned told = 0;
	struct print heard;
	uint64_t missed;
	bool closed;
	char *at;

	l->f.stall_s = 60; /* on a busy machine, all this takes longer than the patience here */
	for (i = 0; i < TOLD; i++)
		publish(l, "x", "word", "%050d", i);
	heard = hear(l, fd, &closed);
	assert_false(closed);
	for (at = heard.chars; (at = strstr(at, "event=x ")); at++)
		told++;
	assert_true(told > 100 && told < TOLD);
	at = strstr(heard.chars, "event=missed ");
	assert_non_null(at);
	at = strstr(at, " n=") + 3;
	assert_true(text_u64(text_from(at, strcspn(at, "\n")), UINT64_MAX, &missed));
	assert_int_equal(told + missed, TOLD);
	/* reported once, after everything sent before */
	assert_null(strstr(at, "event="));
	print_fini(&heard);
	publish(l, "y", "n", "1");
	heard = hear(l, fd, &closed);
	assert_memory_equal(heard.chars, "event=y ", 8);
	print_fini(&heard);
	close(fd);
}

static void test_a_hopeless_listener_is_dropped_and_no_other(void **state)
{
	struct lab *l = *state;
	int slow = join(l), idle = join(l), i;
	struct print heard;
	bool closed;

	for (i = 0; i < 400; i++) {
		publish(l, "x", "word", "%0500d", i);
		heard = hear(l, idle, &closed);
		assert_false(closed);
		assert_true(heard.len > 500);
		print_fini(&heard);
		if (l->f.n == 1)
			break;
	}
	pump(l, 150);
	assert_int_equal(l->f.n, 1);
	heard = hear(l, slow, &closed);
	assert_true(closed);
	print_fini(&heard);
	/* nothing waits: it may be silent for as long as it likes */
	pump(l, 150);
	assert_int_equal(l->f.n, 1);
	close(slow);
	close(idle);
}

static void test_progress_keeps_a_slow_listener(void **state)
{
	struct lab *l = *state;
	int fd = join(l), i;
	char some[2048];

	for (i = 0; i < 1000; i++)
		publish(l, "x", "word", "%050d", i);
	/* three times its patience, a bit at a time */
	for (i = 0; i < 10; i++) {
		pump(l, 30);
		assert_int_equal(l->f.n, 1);
		assert_true(recv(fd, some, sizeof(some), 0) > 0);
	}
	close(fd);
}

static void test_a_long_line_is_cut_and_whole_lines_follow(void **state)
{
	struct lab *l = *state;
	int fd = join(l);
	struct print heard;
	bool closed;
	char *line;

	publish(l, "x", "word", "%010000d", 1);
	publish(l, "y", "n", "1");
	heard = hear(l, fd, &closed);
	line = strstr(heard.chars, "event=x ");
	assert_non_null(line);
	assert_int_equal(strcspn(line, "\n"), SUBSCRIBERS_LINE - 1);
	assert_memory_equal(line + SUBSCRIBERS_LINE, "event=y ", 8);
	print_fini(&heard);
	close(fd);
}

static void test_a_line_without_memory_is_missed_and_said_so(void **state)
{
	struct lab *l = *state;
	int fd = join(l);
	struct print heard;
	bool closed;

	mem_fail_after(0);
	publish(l, "x", "n", "1");
	mem_fail_after(-1);
	publish(l, "y", "n", "2");
	heard = hear(l, fd, &closed);
	assert_null(strstr(heard.chars, "event=x "));
	assert_non_null(strstr(heard.chars, "event=missed "));
	assert_non_null(strstr(heard.chars, " n=1\nevent=y "));
	print_fini(&heard);
	close(fd);
}

static void test_what_a_listener_says_is_ignored(void **state)
{
	struct lab *l = *state;
	int fd = join(l);
	struct print heard;
	bool closed;

	assert_int_equal(send(fd, "set=1\n\n", 7, 0), 7);
	pump(l, 5);
	assert_int_equal(l->f.n, 1);
	heard = hear(l, fd, &closed);
	assert_false(closed);
	assert_null(strstr(heard.chars, "errno"));
	print_fini(&heard);
	close(fd);
}

static void test_the_end_is_told(void **state)
{
	struct lab *l = *state;
	int fd = join(l);
	struct print heard;
	struct text rest;
	bool closed;

	subscribers_close(&l->f);
	assert_int_equal(l->f.n, 0);
	heard = hear(l, fd, &closed);
	assert_true(closed);
	rest = text_from_str(heard.chars);
	expect_line(&rest, "listening", "interface=t0");
	expect_line(&rest, "ending", "interface=t0");
	print_fini(&heard);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_listener_is_greeted_and_told, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_guests_leave_half_of_the_places, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_all_are_told_at_most_so_many, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_a_slow_listener_is_told_how_many_it_missed,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_hopeless_listener_is_dropped_and_no_other,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_progress_keeps_a_slow_listener, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_a_long_line_is_cut_and_whole_lines_follow,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_line_without_memory_is_missed_and_said_so,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_a_listener_says_is_ignored, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_the_end_is_told, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
