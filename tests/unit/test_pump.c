/* SPDX-License-Identifier: ISC */
#include "datapath/pump.h"

#include <errno.h>

#include "hex.h"

/* A data path of which this file has all functions that a pump calls. */
static struct datapath path;
static struct pump pump;
static int device_says, socket_says;
static unsigned device_asked, socket_asked;
static uint64_t device_bytes, socket_bytes; /* what they have each time */
static const struct instant moment = { .mono = 7, .wall = 9 };

int datapath_from_device(struct datapath *p, struct instant now)
{
	assert_int_equal(now.mono, moment.mono);
	device_asked++;
	p->bytes += device_bytes;
	return device_says;
}

int datapath_from_network(struct datapath *p, int which, struct instant now)
{
	assert_int_equal(now.mono, moment.mono);
	assert_int_equal(which, UDP_V4);
	socket_asked++;
	p->bytes += socket_bytes;
	return socket_says;
}

static int set_up(void **unused)
{
	(void)unused;
	path = (struct datapath){ .blocked = -1 };
	pump_init(&pump, &path);
	device_says = socket_says = 0;
	device_asked = socket_asked = 0;
	device_bytes = socket_bytes = 0;
	return 0;
}

/* Both have something, time after time. */
static void run(int times)
{
	while (times--) {
		pump.ready = 1u << UDP_V4 | PUMP_DEVICE;
		pump_run(&pump, moment);
		assert_int_equal(pump.ready, 0);
	}
}

static void test_what_is_empty_is_asked_once(void **unused)
{
	(void)unused;
	run(1);
	assert_int_equal(device_asked, 1);
	assert_int_equal(socket_asked, 1);
}

static void test_the_device_is_asked_whenever_the_pump_runs(void **unused)
{
	(void)unused;
	pump_run(&pump, moment);
	assert_int_equal(device_asked, 1);
	assert_int_equal(socket_asked, 0);
}

static void test_a_run_ends_after_its_rounds_and_its_bytes(void **unused)
{
	(void)unused;
	socket_says = 1;
	pump.ready = 1u << UDP_V4;
	pump_run(&pump, moment);
	assert_int_equal(socket_asked, 8);
	socket_asked = 0;
	socket_bytes = pump.budget / 4;
	pump.ready = 1u << UDP_V4;
	pump_run(&pump, moment);
	assert_int_equal(socket_asked, 4);
}

static void test_answers_are_collected_while_the_network_has_more(void **unused)
{
	(void)unused;
	device_says = socket_says = 1;
	device_bytes = 100;
	run(100);
	assert_int_equal(socket_asked, 800);
	assert_int_equal(device_asked, 200);
}

static void test_answers_do_not_wait_for_a_silent_network(void **unused)
{
	(void)unused;
	device_says = 1;
	device_bytes = 100;
	run(10);
	assert_int_equal(socket_asked, 10);
	assert_true(device_asked >= 70);
}

/* More than all of a run at once, and then again: joined datagrams come as fast as that. */
static void test_a_flood_from_the_network_lets_the_host_speak(void **unused)
{
	(void)unused;
	device_says = socket_says = 1;
	device_bytes = 100;
	socket_bytes = pump.budget / 2;
	run(10);
	assert_int_equal(socket_asked, 20);
	assert_int_equal(device_asked, 10);
}

static void test_bulk_data_both_ways_takes_turns(void **unused)
{
	(void)unused;
	device_says = socket_says = 1;
	device_bytes = 60000;
	run(10);
	assert_true(device_asked > 8);
	assert_in_range(socket_asked, device_asked - 8, device_asked + 40);
}

static void test_what_fails_is_left_alone_until_it_may_be_tried_again(void **unused)
{
	(void)unused;
	socket_says = -EIO;
	run(3);
	assert_int_equal(socket_asked, 1);
	assert_int_equal(pump.backing_off, 1u << UDP_V4);
	assert_int_equal(pump.failed[UDP_V4], 1);
	assert_int_equal(device_asked, 3);
	pump.backing_off = 0;
	run(1);
	assert_int_equal(socket_asked, 2);
	assert_int_equal(pump.failed[UDP_V4], 2);
	pump.backing_off = 0;
	socket_says = 0;
	run(1);
	assert_int_equal(pump.failed[UDP_V4], 0);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup(test, set_up)
	const struct CMUnitTest tests[] = {
		EACH(test_what_is_empty_is_asked_once),
		EACH(test_the_device_is_asked_whenever_the_pump_runs),
		EACH(test_a_run_ends_after_its_rounds_and_its_bytes),
		EACH(test_answers_are_collected_while_the_network_has_more),
		EACH(test_answers_do_not_wait_for_a_silent_network),
		EACH(test_a_flood_from_the_network_lets_the_host_speak),
		EACH(test_bulk_data_both_ways_takes_turns),
		EACH(test_what_fails_is_left_alone_until_it_may_be_tried_again),
	};

	return cmocka_run_group_tests_name("pump", tests, NULL, NULL);
}
