/* SPDX-License-Identifier: ISC */
/* The lines of `wg show NAME dump`, and rates between two looks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/machine.h"
#include "view/dump.h"
#include "view/rates.h"

static void test_a_dump_is_that_of_wg(void **state)
{
	struct print out = { 0 };
	struct tunnelview r;

	(void)state;
	assert_int_equal(machine_report(&r, "wg0", true), 0);
	dump_report(&out, &r, false);
	assert_string_equal(out.chars, MACHINE_PRIVATE
			    "\t" MACHINE_PUBLIC "\t51820\t0xca6c\n" MACHINE_ONES
			    "\t(none)\t(none)\t(none)\t0\t0\t0\toff\n" MACHINE_TWOS "\t" MACHINE_PSK
			    "\t[fd00::2]:51821\t"
			    "10.1.2.0/24,fd00::/64\t1700000037\t7890123\t123456\t25\n");
	print_fini(&out);
	tunnelview_fini(&r);
}

static void test_an_empty_interface_is_none_and_off(void **state)
{
	struct print out = { 0 };
	struct tunnelview r;

	(void)state;
	tunnelview_init(&r, "wg0");
	assert_int_equal(tunnelview_get(&r, text_from_str("")), 0);
	dump_report(&out, &r, true);
	assert_string_equal(out.chars, "wg0\t(none)\t(none)\t0\toff\n");
	print_fini(&out);
	tunnelview_fini(&r);
}

static void make(struct tunnelview *r, const char *lines)
{
	tunnelview_init(r, "wg0");
	assert_int_equal(tunnelview_get(r, text_from_str(lines)), 0);
}

static void test_a_rate_is_what_came_per_second(void **state)
{
	struct tunnelview before, now;

	(void)state;
	make(&before, "public_key=" MACHINE_ONES_HEX "\nrx_bytes=1000\ntx_bytes=500\n"
		      "public_key=" MACHINE_TWOS_HEX "\nrx_bytes=7\ntx_bytes=8\n");
	/* in another order */
	make(&now, "public_key=" MACHINE_TWOS_HEX "\nrx_bytes=7\ntx_bytes=9\n"
		   "public_key=" MACHINE_ONES_HEX "\nrx_bytes=3000\ntx_bytes=500\n");
	rates_between(&now, &before, 2);
	assert_true(now.peer[0].rated && now.peer[1].rated);
	assert_float_equal(now.peer[0].rx_rate, 0, 0);
	assert_float_equal(now.peer[0].tx_rate, .5, 0);
	assert_float_equal(now.peer[1].rx_rate, 1000, 0);
	assert_float_equal(now.peer[1].tx_rate, 0, 0);
	tunnelview_fini(&before);
	tunnelview_fini(&now);
}

static void test_who_is_new_or_counts_anew_has_no_rate(void **state)
{
	struct tunnelview before, now;

	(void)state;
	make(&before, "public_key=" MACHINE_ONES_HEX "\nrx_bytes=1000\ntx_bytes=500\n");
	make(&now, "public_key=" MACHINE_TWOS_HEX "\nrx_bytes=7\ntx_bytes=9\n"
		   "public_key=" MACHINE_ONES_HEX "\nrx_bytes=999\ntx_bytes=500\n");
	rates_between(&now, &before, 1);
	assert_false(now.peer[0].rated || now.peer[1].rated);
	rates_between(&before, &before, 0);
	assert_false(before.peer[0].rated);
	tunnelview_fini(&before);
	tunnelview_fini(&now);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_dump_is_that_of_wg),
		cmocka_unit_test(test_an_empty_interface_is_none_and_off),
		cmocka_unit_test(test_a_rate_is_what_came_per_second),
		cmocka_unit_test(test_who_is_new_or_counts_anew_has_no_rate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
