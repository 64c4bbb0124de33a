/* SPDX-License-Identifier: ISC */
/* What the port of a netlink socket tells about its owner. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cmocka.h>

#include "monitor/culprit.h"

/* The test itself, under this name. */
static void expect(const char *name, uint32_t port, const char *by)
{
	char got[DRIFT_BY], wanted[DRIFT_BY];

	prctl(PR_SET_NAME, name);
	snprintf(wanted, sizeof(wanted), "%s (process %d)", by, (int)getpid());
	culprit_name(got, port);
	assert_string_equal(got, wanted);
}

static void test_port_of_a_first_socket_is_the_process(void **state)
{
	(void)state;
	expect("ip", (uint32_t)getpid(), "ip");
	expect("systemd-networkd", (uint32_t)getpid(), "systemd-network");
}

static void test_port_that_libnl_makes_has_the_process_in_it(void **state)
{
	(void)state;
	expect("keepalived", 3u << 22 | (uint32_t)getpid(), "keepalived");
}

static void test_no_name_breaks_out_of_its_line(void **state)
{
	(void)state;
	expect("a\nb\"c\\d\x1b\x7f\xc3", (uint32_t)getpid(), "a?b?c?d???");
}

static void test_port_that_the_kernel_chose_tells_nothing(void **state)
{
	char by[DRIFT_BY] = "x";

	(void)state;
	culprit_name(by, UINT32_MAX - 4096);
	assert_string_equal(by, "");
	culprit_name(by, 0);
	assert_string_equal(by, "");
}

static void test_process_that_is_gone_has_its_number(void **state)
{
	char by[DRIFT_BY];

	(void)state;
	/* The greatest number that a process can have, and hardly one has. */
	culprit_name(by, (1u << 22) - 1);
	assert_string_equal(by, "process 4194303");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_port_of_a_first_socket_is_the_process),
		cmocka_unit_test(test_port_that_libnl_makes_has_the_process_in_it),
		cmocka_unit_test(test_no_name_breaks_out_of_its_line),
		cmocka_unit_test(test_port_that_the_kernel_chose_tells_nothing),
		cmocka_unit_test(test_process_that_is_gone_has_its_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
