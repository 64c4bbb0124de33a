/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/breath.h"
#include "daemon/loop.h"

/* A path of which this file has all functions that a loop calls. */
static struct datapath path;
static struct loop loop;
static int device_says, socket_says;
static unsigned device_asked, socket_asked, quiesced;
static bool breathes_there; /* while packets are moved */

/* Work for that long, with a breath at its end. */
static void hold_breath(unsigned ms)
{
	const struct timespec pause = { .tv_nsec = ms * 1000000L };

	nanosleep(&pause, NULL);
	breath();
}

int datapath_from_device(struct datapath *p, struct instant now)
{
	(void)now;
	device_asked++;
	(void)p;
	return device_says;
}

int datapath_from_network(struct datapath *p, int which, struct instant now)
{
	(void)now;
	assert_int_equal(which, UDP_V4);
	socket_asked++;
	(void)p;
	if (breathes_there)
		hold_breath(5);
	return socket_says;
}

void datapath_unblock(struct datapath *p, struct instant now)
{
	(void)p;
	(void)now;
}

void datapath_tick(struct datapath *p, struct instant now)
{
	(void)p;
	(void)now;
}

uint64_t tunnel_deadline(const struct tunnel *t)
{
	(void)t;
	return UINT64_MAX;
}

void datapath_events(struct datapath *p, struct instant now)
{
	(void)p;
	(void)now;
}

void datapath_quiesce(struct datapath *p, struct instant now)
{
	(void)p;
	(void)now;
	quiesced++;
}

static const struct loop_calls calls = { 0 };

/* Both are always readable. */
static int set_up(void **unused)
{
	(void)unused;
	memset(&path, 0, sizeof(path));
	path.blocked = -1;
	path.dev.fd = eventfd(1, EFD_CLOEXEC);
	path.udp.fd[UDP_V4] = eventfd(1, EFD_CLOEXEC);
	path.udp.fd[UDP_V6] = -1;
	device_says = socket_says = 0;
	device_asked = socket_asked = quiesced = 0;
	breathes_there = false;
	if (loop_open(&loop, &path, &calls, NULL) < 0)
		return -1;
	loop_follow_datapath(&loop);
	return 0;
}

static int tear_down(void **unused)
{
	(void)unused;
	loop_close(&loop);
	close(path.dev.fd);
	close(path.udp.fd[UDP_V4]);
	return 0;
}

static void on_over(struct ev_loop *ev, ev_timer *w, int revents)
{
	(void)ev;
	(void)w;
	(void)revents;
	loop_break(&loop);
}

static void run(double seconds)
{
	ev_timer over;

	ev_timer_init(&over, on_over, seconds, 0.);
	ev_timer_start(loop.ev, &over);
	loop_run(&loop);
}

static void test_a_loop_that_turns_is_sound(void **unused)
{
	(void)unused;
	run(0.05);
	assert_true(device_asked > 0);
	assert_true(socket_asked > 0);
	assert_true(loop_is_sound(&loop, 0.05));
	run(0.05);
	assert_true(loop_is_sound(&loop, 0.05));
}

static unsigned moved = 1; /* by a breath right after another */

static void on_work(struct ev_loop *ev, ev_timer *w, int revents)
{
	unsigned before = socket_asked;

	(void)ev;
	(void)revents;
	for (int i = 0; i < 4; i++)
		hold_breath(3);
	assert_in_range(socket_asked - before, 4, 4 * 8);
	/* Unless another process comes in between, each time. */
	for (int i = 0; i < 10 && moved; i++) {
		breath();
		before = socket_asked;
		breath();
		moved = socket_asked - before;
	}
	loop.settle = true;
	assert_int_equal(quiesced, 0);
	hold_breath(3);
	assert_int_equal(quiesced, 1);
	loop.settle = false;
	ev_timer_stop(loop.ev, w);
	loop_break(&loop);
}

static void test_packets_pass_in_the_middle_of_long_work(void **unused)
{
	ev_timer work;

	(void)unused;
	socket_says = 1;
	ev_timer_init(&work, on_work, 0.01, 0.);
	ev_timer_start(loop.ev, &work);
	loop_run(&loop);
	/* Right after one that moved packets another one does nothing. */
	assert_int_equal(moved, 0);
	/* Nor is there any without a loop. */
	socket_asked = 0;
	hold_breath(3);
	assert_int_equal(socket_asked, 0);
}

/* A breath within a breath would find half of it done. */
static void test_packets_do_not_pass_while_others_do(void **unused)
{
	(void)unused;
	breathes_there = true;
	run(0.05);
	assert_in_range(socket_asked, 1, 30);
}

static void test_what_only_fails_is_not_sound(void **unused)
{
	(void)unused;
	device_says = -EIO;
	run(0.5);
	assert_true(device_asked >= 2);
	assert_false(loop_is_sound(&loop, 0.5));
	/* It works again. */
	device_says = 0;
	run(0.3);
	assert_true(loop_is_sound(&loop, 0.3));
	socket_says = -EIO;
	run(0.5);
	assert_false(loop_is_sound(&loop, 0.5));
}

static void test_a_failing_descriptor_is_left_alone_for_a_moment(void **unused)
{
	(void)unused;
	device_says = socket_says = -EIO;
	run(0.5);
	assert_true(device_asked <= 8);
	assert_true(socket_asked <= 8);
}

static void test_a_failure_now_and_then_is_sound(void **unused)
{
	(void)unused;
	run(0.05);
	device_says = -EIO;
	run(0.01);
	device_says = 0;
	run(0.4);
	assert_true(loop_is_sound(&loop, 0.46));
	/* One, and nothing after it, as when a peer's host says that its port is closed. */
	device_says = -EIO;
	run(0.05);
	assert_true(loop_is_sound(&loop, 10));
}

static void test_a_descriptor_that_nobody_watches_is_not_sound(void **unused)
{
	(void)unused;
	run(0.05);
	assert_true(loop_is_sound(&loop, 0.05));
	ev_io_stop(loop.ev, &loop.device);
	/* No turn of the loop since, that would set it right. */
	assert_false(loop_is_sound(&loop, 0.05));
	run(0.05);
	assert_true(loop_is_sound(&loop, 0.05));
}

static void test_waiting_for_room_in_a_socket_is_sound(void **unused)
{
	(void)unused;
	path.blocked = UDP_V4;
	run(0.05);
	loop_is_sound(&loop, 0.05);
	run(0.05);
	assert_false(ev_is_active(&loop.device));
	assert_true(loop_is_sound(&loop, 0.05));
}

static void test_a_closed_socket_is_not_missed(void **unused)
{
	(void)unused;
	close(path.udp.fd[UDP_V4]);
	path.udp.fd[UDP_V4] = -1;
	loop_follow_datapath(&loop);
	run(0.05);
	assert_true(loop_is_sound(&loop, 0.05));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_a_loop_that_turns_is_sound),
		TEST(test_packets_pass_in_the_middle_of_long_work),
		TEST(test_packets_do_not_pass_while_others_do),
		TEST(test_what_only_fails_is_not_sound),
		TEST(test_a_failing_descriptor_is_left_alone_for_a_moment),
		TEST(test_a_failure_now_and_then_is_sound),
		TEST(test_a_descriptor_that_nobody_watches_is_not_sound),
		TEST(test_waiting_for_room_in_a_socket_is_sound),
		TEST(test_a_closed_socket_is_not_missed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
