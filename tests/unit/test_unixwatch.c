/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "control/unixwatch.h"

struct lab {
	struct unixwatch watch;
	int fd;
	char dir[64], path[128], own[UNIXSOCK_PATH_MAX];
};

static int set_up(void **state)
{
	struct lab *l = calloc(1, sizeof(*l));

	strcpy(l->dir, "/tmp/taut-watch-XXXXXX");
	assert_non_null(mkdtemp(l->dir));
	snprintf(l->path, sizeof(l->path), "%s/t0.sock", l->dir);
	assert_int_equal(unixsock_own_path(l->own, l->dir, "t0"), 0);
	assert_int_equal(unixsock_listen(l->dir, "t0", (gid_t)-1, &l->fd), 0);
	*state = l;
	return 0;
}

static int tear_down(void **state)
{
	struct lab *l = *state;

	unixwatch_close(&l->watch);
	close(l->fd);
	unlink(l->path);
	unlink(l->own);
	assert_int_equal(rmdir(l->dir), 0);
	free(l);
	return 0;
}

static bool is_readable(const struct unixwatch *w)
{
	char some[4096];

	return read(w->fd, some, sizeof(some)) > 0;
}

static void test_removed_file_is_noticed(void **state)
{
	struct lab *l = *state;

	assert_int_equal(unixwatch_open(&l->watch, l->dir, "t0", false), 0);
	assert_true(unixwatch_look(&l->watch));
	assert_false(is_readable(&l->watch));
	unlink(l->path);
	assert_true(is_readable(&l->watch));
	assert_false(unixwatch_look(&l->watch));
	/* Another file in its place is not ours. */
	close(open(l->path, O_CREAT | O_WRONLY, 0600));
	assert_false(unixwatch_look(&l->watch));
}

static void test_moved_file_is_noticed(void **state)
{
	struct lab *l = *state;
	char other[160];

	assert_int_equal(unixwatch_open(&l->watch, l->dir, "t0", false), 0);
	snprintf(other, sizeof(other), "%s/x", l->dir);
	assert_int_equal(rename(l->path, other), 0);
	assert_true(is_readable(&l->watch));
	assert_false(unixwatch_look(&l->watch));
	unlink(other);
}

static void test_file_gone_before_the_watch_is_noticed(void **state)
{
	struct lab *l = *state;

	unlink(l->path);
	assert_int_equal(unixwatch_open(&l->watch, l->dir, "t0", false), 0);
	assert_false(unixwatch_look(&l->watch));
}

static void test_other_files_of_the_directory_do_not_matter(void **state)
{
	struct lab *l = *state;
	char other[160];
	int fd;

	assert_int_equal(unixwatch_open(&l->watch, l->dir, "t0", false), 0);
	assert_int_equal(unixsock_listen(l->dir, "t1", (gid_t)-1, &fd), 0);
	snprintf(other, sizeof(other), "%s/t1.sock", l->dir);
	unlink(other);
	assert_int_equal(unixsock_own_path(other, l->dir, "t1"), 0);
	unlink(other);
	close(fd);
	assert_true(unixwatch_look(&l->watch));
}

static void test_without_inotify_it_can_be_looked_at(void **state)
{
	struct lab *l = *state;

	assert_int_equal(unixwatch_open(&l->watch, l->dir, "t0", false), 0);
	close(l->watch.fd);
	l->watch.fd = -1;
	assert_true(unixwatch_look(&l->watch));
	unlink(l->path);
	assert_false(unixwatch_look(&l->watch));
}

static void test_close_unlinks_its_own_file_only(void **state)
{
	struct lab *l = *state;
	struct stat st;
	int fd;

	assert_int_equal(unixwatch_open(&l->watch, l->dir, "t0", false), 0);
	unixwatch_close(&l->watch);
	assert_int_equal(lstat(l->path, &st), -1);
	assert_int_equal(lstat(l->own, &st), -1);
	unixwatch_close(&l->watch);

	close(l->fd);
	assert_int_equal(unixsock_listen(l->dir, "t0", (gid_t)-1, &l->fd), 0);
	assert_int_equal(unixwatch_open(&l->watch, l->dir, "t0", false), 0);
	unlink(l->path);
	unlink(l->own);
	assert_int_equal(unixsock_listen(l->dir, "t0", (gid_t)-1, &fd), 0);
	unixwatch_close(&l->watch);
	assert_int_equal(lstat(l->path, &st), 0);
	assert_int_equal(lstat(l->own, &st), 0);
	close(fd);
}

static void test_without_the_name_it_watches_its_own(void **state)
{
	struct lab *l = *state;
	struct stat st;
	int other;

	/* as if another namespace had it */
	assert_int_equal(unlink(l->path), 0);
	other = open(l->path, O_CREAT | O_WRONLY, 0600);
	assert_int_equal(unixwatch_open(&l->watch, l->dir, "t0", true), 0);
	assert_true(unixwatch_look(&l->watch));
	unlink(l->path);
	assert_true(unixwatch_look(&l->watch));
	unlink(l->own);
	assert_true(is_readable(&l->watch));
	assert_false(unixwatch_look(&l->watch));
	close(open(l->path, O_CREAT | O_WRONLY, 0600));
	unixwatch_close(&l->watch);
	assert_int_equal(lstat(l->path, &st), 0);
	close(other);
}

static void test_names_that_are_none_are_refused(void **state)
{
	struct lab *l = *state;

	assert_int_equal(unixwatch_open(&l->watch, l->dir, "../t0", false), -EINVAL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_removed_file_is_noticed),
		TEST(test_moved_file_is_noticed),
		TEST(test_file_gone_before_the_watch_is_noticed),
		TEST(test_other_files_of_the_directory_do_not_matter),
		TEST(test_without_inotify_it_can_be_looked_at),
		TEST(test_close_unlinks_its_own_file_only),
		TEST(test_without_the_name_it_watches_its_own),
		TEST(test_names_that_are_none_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
