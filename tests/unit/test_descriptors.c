/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/descriptors.h"

enum { MOST = 40 };

static bool refuses; /* as a kernel that has no such call */

int __real_close_range(unsigned from, unsigned to, int flags);
int __wrap_close_range(unsigned from, unsigned to, int flags);

int __wrap_close_range(unsigned from, unsigned to, int flags)
{
	if (!refuses)
		return __real_close_range(from, to, flags);
	errno = ENOSYS;
	return -1;
}

static void open_all(void)
{
	for (int fd = STDERR_FILENO + 1; fd < MOST; fd++)
		assert_int_equal(dup2(STDERR_FILENO, fd), fd);
	assert_int_equal(dup2(STDERR_FILENO, 1000), 1000);
}

static void check_open(const int *want, size_t n)
{
	for (int fd = 0; fd < 1024; fd++) {
		bool wanted = fd <= STDERR_FILENO;

		for (size_t i = 0; i < n; i++)
			wanted |= want[i] == fd;
		if ((fcntl(fd, F_GETFD) >= 0) != wanted)
			fail_msg("%d is %s", fd, wanted ? "closed" : "open");
	}
}

static void check_all(void)
{
	const int some[] = { 3, 4, 17, 39 }, far[] = { 1000 };
	int mixed[] = { 17, -1, 39, 3, 1, -1, 4, 17 }, last[] = { 1000 };

	open_all();
	descriptors_close_but(mixed, LEN(mixed));
	check_open(some, LEN(some));
	open_all();
	descriptors_close_but(last, LEN(last));
	check_open(far, LEN(far));
	open_all();
	descriptors_close_but(last, 0);
	check_open(NULL, 0);
}

static void test_all_but_those_that_are_kept_are_closed(void **state)
{
	(void)state;
	refuses = false;
	check_all();
}

static void test_kernel_without_close_range_is_good_enough(void **state)
{
	(void)state;
	refuses = true;
	check_all();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_but_those_that_are_kept_are_closed),
		cmocka_unit_test(test_kernel_without_close_range_is_good_enough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
