/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/print.h"
#include "base/vault.h"
#include "monitor/keep.h"
#include "privsep/blob.h"

enum { BIG = 100000 };

static bool low; /* the limit of locked memory */

int __real_mlock(const void *at, size_t len);
int __wrap_mlock(const void *at, size_t len);

int __wrap_mlock(const void *at, size_t len)
{
	if (!low)
		return __real_mlock(at, len);
	errno = ENOMEM;
	return -1;
}

static void take(struct keep *k, char fill, size_t len)
{
	char bytes[BIG];
	int fd;

	memset(bytes, fill, len);
	fd = blob_make(bytes, len);
	assert_int_equal(keep_take(k, fd), 0);
	close(fd);
}

static void expect(const struct keep *k, char fill, size_t len)
{
	struct print out = { 0 };
	int fd = keep_blob(k);
	size_t size;

	assert_int_equal(blob_size(fd, &size), 0);
	assert_int_equal(size, len);
	assert_int_equal(blob_read(fd, &out), 0);
	close(fd);
	assert_int_equal(out.len, len);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(out.chars[i], fill);
	print_fini(&out);
}

static void test_what_is_kept_is_locked_until_it_is_dropped(void **state)
{
	size_t before = vault_locked();
	struct keep k = { 0 }, other = { 0 };

	(void)state;
	assert_int_equal(keep_blob(&k), -ENOENT);
	take(&k, 'a', BIG);
	assert_true(k.locked);
	assert_true(vault_locked() >= before + BIG);
	expect(&k, 'a', BIG);
	take(&k, 'b', 10);
	expect(&k, 'b', 10);
	keep_move(&other, &k);
	assert_int_equal(keep_blob(&k), -ENOENT);
	expect(&other, 'b', 10);
	keep_drop(&k);
	keep_drop(&other);
	assert_int_equal(vault_locked(), before);
	/* Nothing at all is something, too. */
	take(&k, 'c', 0);
	expect(&k, 'c', 0);
	keep_drop(&k);
}

static void test_what_is_no_blob_changes_nothing(void **state)
{
	struct keep k = { 0 };
	int pipes[2];

	(void)state;
	take(&k, 'a', 100);
	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(keep_take(&k, pipes[0]), -EINVAL);
	assert_int_equal(keep_take(&k, -1), -EINVAL);
	expect(&k, 'a', 100);
	keep_drop(&k);
	close(pipes[0]);
	close(pipes[1]);
}

/* As in a service whose limit is too low. */
static void test_a_low_limit_is_no_reason_to_lose_it(void **state)
{
	struct keep k = { 0 };

	(void)state;
	low = true;
	take(&k, 'a', BIG);
	assert_false(k.locked);
	expect(&k, 'a', BIG);
	/* The next one may fit. */
	low = false;
	take(&k, 'b', BIG);
	assert_true(k.locked);
	expect(&k, 'b', BIG);
	keep_drop(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_kept_is_locked_until_it_is_dropped),
		cmocka_unit_test(test_what_is_no_blob_changes_nothing),
		cmocka_unit_test(test_a_low_limit_is_no_reason_to_lose_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
