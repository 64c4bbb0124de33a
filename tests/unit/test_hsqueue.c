/* SPDX-License-Identifier: ISC */
#include "proto/hsqueue.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "hex.h"

static bool push(struct hsqueue *l, uint32_t number)
{
	uint8_t message[WIRE_HANDSHAKE_MAX];
	struct endpoint from = { 0 };
	size_t len = number % 2 ? sizeof(struct wire_response) : sizeof(struct wire_initiation);

	memset(message, (int)number, sizeof(message));
	store_le32(message, number);
	from.remote.v4.sin_family = AF_INET;
	store_be32(&from.remote.v4.sin_addr, number);
	return hsqueue_push(l, message, len, &from, number % 3 == 0);
}

static void check_pop(struct hsqueue *l, uint32_t number)
{
	const struct hsqueue_entry *e = hsqueue_pop(l);

	assert_non_null(e);
	assert_int_equal(load_le32(e->message), number);
	assert_int_equal(e->message[80], number & 0xff);
	assert_int_equal(e->len, number % 2 ? 92 : 148);
	assert_int_equal(e->proved, number % 3 == 0);
	assert_int_equal(load_be32(&e->from.remote.v4.sin_addr), number);
}

static void test_messages_wait_in_order_and_a_full_lane_refuses(void **state)
{
	(void)state;
	struct hsqueue l = { 0 };

	assert_null(hsqueue_pop(&l));
	for (uint32_t i = 0; i < HSQUEUE_SIZE; i++)
		assert_true(push(&l, i));
	assert_false(push(&l, 9999));
	assert_int_equal(l.n, HSQUEUE_SIZE);
	for (uint32_t i = 0; i < HSQUEUE_SIZE; i++)
		check_pop(&l, i);
	assert_null(hsqueue_pop(&l));
	hsqueue_fini(&l);
	assert_int_equal(l.n, 0);
}

static void test_it_goes_around(void **state)
{
	(void)state;
	struct hsqueue l = { 0 };
	uint32_t in = 0, out = 0;

	for (int round = 0; round < 50; round++) {
		while (in - out < (uint32_t)(HSQUEUE_SIZE - round))
			assert_true(push(&l, in++));
		while (in - out > (uint32_t)(13 * round))
			check_pop(&l, out++);
	}
	hsqueue_fini(&l);
}

static void test_what_is_too_long_and_what_finds_no_memory_is_refused(void **state)
{
	(void)state;
	static const uint8_t longer[WIRE_HANDSHAKE_MAX + 1];
	struct endpoint from = { 0 };
	struct hsqueue l = { 0 };

	assert_false(hsqueue_push(&l, longer, sizeof(longer), &from, false));
	mem_fail_after(0);
	assert_false(push(&l, 1));
	mem_fail_after(-1);
	assert_int_equal(l.n, 0);
	assert_true(push(&l, 2));
	check_pop(&l, 2);
	hsqueue_fini(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages_wait_in_order_and_a_full_lane_refuses),
		cmocka_unit_test(test_it_goes_around),
		cmocka_unit_test(test_what_is_too_long_and_what_finds_no_memory_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
