/* SPDX-License-Identifier: ISC */
#include "datapath/ring.h"

#include "base/bytes.h"
#include "hex.h"

enum { UNITS = 3, PACKETS = 8, ENDS = 4, BYTES = 4096 };

static struct ring ring;

static int set_up(void **state)
{
	(void)state;
	return ring_init(&ring, UNITS, PACKETS, ENDS, BYTES);
}

static int tear_down(void **state)
{
	(void)state;
	ring_fini(&ring);
	return 0;
}

static void push(uint8_t mark)
{
	struct unit *u = ring_free(&ring);
	struct pkt *p;

	assert_non_null(u);
	p = batch_add(&u->batch, 1);
	assert_non_null(p);
	p->data[0] = mark;
	ring_push(&ring);
}

static void pop(uint8_t mark)
{
	struct unit *u = ring_oldest(&ring);

	assert_non_null(u);
	assert_int_equal(u->batch.n, 1);
	assert_int_equal(u->batch.pkt[0].data[0], mark);
	ring_pop(&ring);
}

static void test_units_leave_in_the_order_in_which_they_entered(void **state)
{
	uint8_t in = 0, out = 0;

	(void)state;
	for (int round = 0; round < 10; round++) {
		for (int i = 0; i < UNITS - round % 2; i++)
			push(in++);
		while (ring_oldest(&ring))
			pop(out++);
	}
	assert_int_equal(in, out);
	/* Also when it never runs empty. */
	push(in++);
	for (int i = 0; i < 100; i++) {
		push(in++);
		pop(out++);
	}
}

static void test_a_full_ring_has_no_free_unit_until_the_oldest_leaves(void **state)
{
	(void)state;
	for (uint8_t i = 0; i < UNITS; i++)
		push(i);
	assert_null(ring_free(&ring));
	pop(0);
	push(UNITS);
	assert_null(ring_free(&ring));
	pop(1);
}

static void test_a_unit_that_was_filled_but_not_pushed_is_not_on_its_way(void **state)
{
	struct unit *u = ring_free(&ring);

	(void)state;
	assert_non_null(batch_add(&u->batch, 1));
	assert_null(ring_oldest(&ring));
	assert_ptr_equal(ring_free(&ring), u);
	assert_int_equal(u->batch.n, 0);
}

static void test_a_unit_is_empty_when_it_comes_again(void **state)
{
	struct session *none = NULL;
	struct unit *u;

	(void)state;
	for (int i = 0; i < UNITS + 1; i++) {
		u = ring_free(&ring);
		assert_int_equal(u->batch.n + u->batch.n_ends, 0);
		assert_int_equal(u->batch.used, 0);
		assert_int_equal(u->flight.n, 0);
		assert_false(u->flight.messages);
		assert_int_equal(u->next, 0);
		assert_non_null(batch_end(&u->batch));
		assert_non_null(flight_add(&u->flight, batch_add(&u->batch, 1), none));
		u->flight.messages = true;
		u->next = 1;
		ring_push(&ring);
		ring_pop(&ring);
	}
}

static void test_reset_takes_all_units_off_their_way(void **state)
{
	(void)state;
	push(1);
	push(2);
	ring_reset(&ring);
	assert_null(ring_oldest(&ring));
	for (uint8_t i = 0; i < UNITS; i++)
		push(i);
	pop(0);
}

static void test_a_zeroed_ring_has_no_units(void **state)
{
	struct ring none = { 0 };

	(void)state;
	assert_null(ring_free(&none));
	assert_null(ring_oldest(&none));
	ring_reset(&none);
	ring_fini(&none);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		EACH(test_units_leave_in_the_order_in_which_they_entered),
		EACH(test_a_full_ring_has_no_free_unit_until_the_oldest_leaves),
		EACH(test_a_unit_that_was_filled_but_not_pushed_is_not_on_its_way),
		EACH(test_a_unit_is_empty_when_it_comes_again),
		EACH(test_reset_takes_all_units_off_their_way),
		cmocka_unit_test(test_a_zeroed_ring_has_no_units),
	};

	return cmocka_run_group_tests_name("ring", tests, NULL, NULL);
}
