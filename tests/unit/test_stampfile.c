/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/log.h"
#include "monitor/stampfile.h"
#include "privsep/blob.h"
#include "privsep/stamps.h"

/* The file of the stamps: each way in which it can be wrong, and that it is written whole. */

static char top[64], dir[80], file[96], next[96];
static unsigned warnings;
static struct stampfile f;

static void count_lines(void *ctx, enum log_level level, const char *line)
{
	(void)ctx;
	(void)line;
	warnings += level == LOG_LEVEL_WARN;
}

static int set_up(void **state)
{
	(void)state;
	snprintf(top, sizeof(top), "/tmp/taut-stampfile-XXXXXX");
	if (!mkdtemp(top))
		return -1;
	/* A folder whose parent is not there either. */
	snprintf(dir, sizeof(dir), "%s/a/wg0", top);
	snprintf(file, sizeof(file), "%s/wg0.stamp", dir);
	snprintf(next, sizeof(next), "%s/.stamp.next", dir);
	setenv("STATE_DIRECTORY", dir, 1);
	log_set_sink(count_lines, NULL);
	warnings = 0;
	f = (struct stampfile){ 0 };
	return 0;
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	stampfile_close(&f);
	log_set_sink(NULL, NULL);
	snprintf(command, sizeof(command), "rm -rf %s", top);
	return system(command);
}

/* seconds: since 1970, or a little before. */
static void make(struct print *out, uint64_t seconds)
{
	const struct key key = { { 1 } };
	uint8_t at[STAMPS_AT];

	*out = (struct print){ 0 };
	store_be64(at, 0x4000000000000000 + seconds);
	store_be32(at + 8, 0);
	stamps_begin(out);
	stamps_add(out, &key, at);
	stamps_end(out);
	assert_false(out->failed);
}

static int take(uint64_t seconds)
{
	struct print bytes;
	int fd, r;

	make(&bytes, seconds);
	fd = blob_make(bytes.chars, bytes.len);
	r = stampfile_take(&f, fd);
	close(fd);
	print_fini(&bytes);
	return r;
}

/* The seconds of the only stamp; -1: there is none. */
static long known(void)
{
	struct print bytes = { 0 };
	int fd = stampfile_blob(&f);
	long seconds;

	if (fd == -ENOENT)
		return -1;
	assert_int_equal(blob_read(fd, &bytes), 0);
	close(fd);
	assert_int_equal(stamps_count(bytes.chars, bytes.len), 1);
	seconds = (long)(load_be64(stamps_get(bytes.chars, 0).at) - 0x4000000000000000);
	print_fini(&bytes);
	return seconds;
}

/* Until nothing writes any more. */
static void work(void)
{
	stampfile_work(&f, -1);
	while (f.writer) {
		usleep(1000);
		stampfile_work(&f, -1);
	}
}

static void reopen(void)
{
	stampfile_close(&f);
	stampfile_open(&f, "wg0");
}

static void test_stamps_outlive_the_process(void **state)
{
	char parent[80];
	struct stat st;

	(void)state;
	umask(077);
	snprintf(parent, sizeof(parent), "%s/a", top);
	stampfile_open(&f, "wg0");
	assert_int_equal(known(), -1);
	assert_int_equal(stampfile_work(&f, 77), 77); /* nothing to do */
	assert_int_equal(access(dir, F_OK), -1);
	assert_int_equal(take(5), 0);
	assert_int_equal(known(), 5);
	work();
	assert_int_equal(stampfile_work(&f, -1), -1);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(stat(parent, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755); /* the users of units pass */
	assert_int_equal(access(next, F_OK), -1);
	reopen();
	assert_int_equal(known(), 5);
	assert_int_equal(warnings, 0);
}

static void test_it_is_written_once_a_second_and_at_the_end(void **state)
{
	struct stampfile other = { 0 };
	int wait;

	(void)state;
	stampfile_open(&f, "wg0");
	take(1);
	work();
	for (unsigned i = 2; i < 100; i++) {
		take(i);
		f.written_at = clock_now().mono; /* however slow this machine is */
		wait = stampfile_work(&f, -1);
		assert_true(wait > 0 && wait <= 1001);
		assert_int_equal(stampfile_work(&f, 1), 1);
	}
	/* What a killed process has left. */
	stampfile_open(&other, "wg0");
	assert_true(f.due);
	assert_memory_not_equal(other.bytes, f.bytes, f.len);
	stampfile_close(&other);
	reopen();
	assert_int_equal(known(), 99);
}

/* A worker may say the same every second, and flash disks wear out. */
static void test_the_same_again_is_not_written(void **state)
{
	struct stat before, after;

	(void)state;
	stampfile_open(&f, "wg0");
	take(1);
	work();
	assert_int_equal(stat(file, &before), 0);
	f.written_at = 0; /* a second later */
	take(1);
	assert_false(f.due);
	assert_int_equal(stampfile_work(&f, -1), -1);
	reopen();
	take(1);
	assert_false(f.due);
	work();
	assert_int_equal(stat(file, &after), 0);
	assert_true(before.st_ino == after.st_ino);
	take(2);
	work();
	assert_int_equal(stat(file, &after), 0);
	assert_true(before.st_ino != after.st_ino);
}

/* What the file says when the worker gets its stamps, before it can send any. */
static long in_file(void)
{
	struct stampfile other = { 0 }, mine = f;
	long seconds;

	stampfile_open(&other, "wg0");
	f = other;
	f.dir[0] = '\0'; /* as it is */
	seconds = known();
	stampfile_close(&f);
	f = mine;
	return seconds;
}

/* Where the clock is behind, a worker may send some and die before it says so. */
static void test_a_worker_that_the_clock_does_not_help_gets_a_lead(void **state)
{
	const long ahead = (long)(clock_now().wall / SECOND_NS) + 1000;

	(void)state;
	stampfile_open(&f, "wg0");
	take((uint64_t)ahead);
	reopen();
	for (int i = 0; i < 5; i++) {
		assert_int_equal(known(), ahead + i * STAMPS_LEAD_S);
		assert_int_equal(in_file(), ahead + (i + 1) * STAMPS_LEAD_S);
		reopen(); /* after a kill */
	}
	/* The next worker of the same monitor as well. */
	assert_int_equal(known(), ahead + 5 * STAMPS_LEAD_S);
	assert_int_equal(known(), ahead + 6 * STAMPS_LEAD_S);
	reopen();
	assert_int_equal(in_file(), ahead + 7 * STAMPS_LEAD_S);
	/* With a clock that has passed them, nothing is written. */
	take((uint64_t)ahead - 2000);
	work();
	assert_int_equal(known(), ahead - 2000);
	assert_false(f.due);
	assert_int_equal(warnings, 0);
}

/* That of a killed process. What it writes must be read, and not get into the way of ours. */
static void test_an_earlier_writer_is_waited_for(void **state)
{
	uint64_t before;
	int folder, started[2];
	pid_t earlier;
	char byte;

	(void)state;
	stampfile_open(&f, "wg0");
	take(1);
	work();
	assert_int_equal(pipe(started), 0);
	earlier = fork();
	if (!earlier) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		folder = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (flock(folder, LOCK_EX) < 0 || write(started[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(read(started[0], &byte, 1), 1);
	/* As long as it lives, nobody else writes... */
	f.written_at = 0;
	take(2);
	for (int i = 0; i < 50; i++) {
		stampfile_work(&f, -1);
		assert_true(f.writer > 0);
		usleep(1000);
	}
	assert_int_equal(access(next, F_OK), -1);
	/* ...and a start waits for it, but not long. */
	before = clock_now().mono;
	assert_int_equal(in_file(), 1);
	assert_in_range(clock_now().mono - before, SECOND_NS / 2, 5 * SECOND_NS);
	assert_int_equal(kill(earlier, SIGKILL), 0);
	assert_int_equal(waitpid(earlier, NULL, 0), earlier);
	work();
	assert_int_equal(in_file(), 2);
	close(started[0]);
	close(started[1]);
}

/* What a writer that was killed has left is in nobody's way. */
static void test_half_a_file_of_a_killed_writer_is_replaced(void **state)
{
	int fd;

	(void)state;
	stampfile_open(&f, "wg0");
	take(1);
	work();
	fd = open(next, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, "taut sta", 8), 8);
	close(fd);
	reopen();
	assert_int_equal(known(), 1);
	take(2);
	work();
	assert_int_equal(access(next, F_OK), -1);
	assert_int_equal(in_file(), 2);
	assert_int_equal(warnings, 0);
}

/* Two tunnels of one service share its folder. */
static void test_each_tunnel_has_its_own_file(void **state)
{
	(void)state;
	stampfile_open(&f, "wg0");
	take(1);
	stampfile_close(&f);
	stampfile_open(&f, "wg1");
	assert_int_equal(known(), -1);
	take(2);
	stampfile_close(&f);
	stampfile_open(&f, "wg0");
	assert_int_equal(known(), 1);
	stampfile_close(&f);
	stampfile_open(&f, "wg1");
	assert_int_equal(known(), 2);
}

/* As on a disk that hangs: nobody waits for it, and nobody writes besides. */
static void test_a_writer_that_hangs_holds_nothing_up(void **state)
{
	uint64_t before;
	pid_t hangs;

	(void)state;
	stampfile_open(&f, "wg0");
	hangs = f.writer = fork();
	if (!hangs) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	take(1);
	for (unsigned i = 0; i < 10; i++) {
		assert_in_range(stampfile_work(&f, -1), 1, 100);
		assert_int_equal(f.writer, hangs);
	}
	before = clock_now().mono;
	stampfile_close(&f);
	assert_in_range(clock_now().mono - before, SECOND_NS / 2, 5 * SECOND_NS);
	assert_int_equal(access(file, F_OK), -1);
	assert_int_equal(kill(hangs, SIGKILL), 0);
	assert_int_equal(waitpid(hangs, NULL, 0), hangs);
}

static void put(const void *bytes, size_t len, mode_t mode)
{
	int fd;

	unlink(file);
	fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

/* It counts for nothing, is told once, and the next one takes its place. */
static void expect_useless(const char *what)
{
	stampfile_close(&f);
	warnings = 0;
	stampfile_open(&f, "wg0");
	if (known() != -1 || warnings != 1)
		fail_msg("%s: %ld, %u warnings", what, known(), warnings);
	assert_int_equal(take(9), 0);
	work();
	stampfile_close(&f);
	stampfile_open(&f, "wg0");
	assert_int_equal(known(), 9);
	assert_int_equal(warnings, 1);
}

static void test_a_bad_file_is_as_good_as_none(void **state)
{
	static const char zeros[68];
	struct print good;

	(void)state;
	stampfile_open(&f, "wg0");
	take(1);
	stampfile_close(&f);
	make(&good, 2);
	put(good.chars, good.len, 0600);
	stampfile_open(&f, "wg0");
	assert_int_equal(known(), 2);
	put("", 0, 0600);
	expect_useless("empty");
	put(zeros, sizeof(zeros), 0600);
	expect_useless("zeros");
	put(good.chars, good.len - 1, 0600);
	expect_useless("too short");
	put(good.chars, good.len / 2, 0600);
	expect_useless("half");
	good.chars[20] ^= 1;
	put(good.chars, good.len, 0600);
	expect_useless("a wrong bit");
	good.chars[20] ^= 1;
	good.chars[12] = '2';
	put(good.chars, good.len, 0600);
	expect_useless("another version");
	good.chars[12] = '1';
	put(good.chars, good.len, 0620);
	expect_useless("others may write it");
	put(good.chars, good.len, 0600);
	stampfile_close(&f);
	stampfile_open(&f, "wg0");
	assert_int_equal(known(), 2);
	print_fini(&good);
}

static void test_what_is_no_file_is_as_good_as_none(void **state)
{
	char there[96];
	struct print good;

	(void)state;
	stampfile_open(&f, "wg0");
	take(1);
	stampfile_close(&f);
	make(&good, 2);
	put(good.chars, good.len, 0600);
	snprintf(there, sizeof(there), "%s/there", top);
	assert_int_equal(rename(file, there), 0);
	assert_int_equal(symlink(there, file), 0);
	expect_useless("a link");
	unlink(file);
	assert_int_equal(mkfifo(file, 0600), 0);
	expect_useless("a pipe"); /* that nobody writes to */
	unlink(file);
	assert_int_equal(symlink("/dev/zero", file), 0);
	expect_useless("a device");
	/* Somebody else's, who may write to it. */
	if (geteuid() == 0) {
		put(good.chars, good.len, 0600);
		assert_int_equal(chown(file, 65534, 65534), 0);
		expect_useless("somebody else's");
	}
	print_fini(&good);
}

/* Where a unit's user owns the folder, that user's file counts, and gets what root writes. */
static void test_root_shares_the_file_with_the_owner_of_the_folder(void **state)
{
	struct print good;
	struct stat st;

	(void)state;
	if (geteuid() != 0)
		skip();
	stampfile_open(&f, "wg0");
	take(1);
	stampfile_close(&f);
	make(&good, 2);
	put(good.chars, good.len, 0600);
	assert_int_equal(chown(file, 65534, 65534) | chown(dir, 65534, 65534), 0);
	stampfile_open(&f, "wg0");
	assert_int_equal(known(), 2);
	take(3);
	stampfile_close(&f);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_uid, 65534);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(warnings, 0);
	print_fini(&good);
}

/* The one before stays whole. */
static void test_what_cannot_be_written_whole_is_not_written(void **state)
{
	struct rlimit before, little = { 10, 10 };

	(void)state;
	stampfile_open(&f, "wg0");
	take(4);
	work();
	take(5);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	little.rlim_max = before.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
	for (unsigned i = 0; i < 3; i++) {
		f.written_at = 0; /* a second later */
		f.due = true;
		work();
	}
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(warnings, 1);
	assert_int_equal(access(next, F_OK), -1);
	stampfile_close(&f);
	stampfile_open(&f, "wg0");
	assert_int_equal(known(), 4);
}

/* A small disk that nobody else sees. */
static bool mount_small(const char *where)
{
	if (geteuid() != 0 || unshare(CLONE_NEWNS) < 0)
		return false;
	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("none", where, "tmpfs", 0, "size=64k") == 0;
}

static void fill_disk(const char *where)
{
	static const char block[4096] = { 1 };
	char path[96];
	int fd;

	snprintf(path, sizeof(path), "%s/filler", where);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	while (write(fd, block, sizeof(block)) > 0)
		;
	assert_int_equal(errno, ENOSPC);
	close(fd);
}

static void test_a_full_disk_costs_one_warning(void **state)
{
	(void)state;
	if (!mount_small(top))
		skip();
	stampfile_open(&f, "wg0");
	take(1);
	work();
	fill_disk(top);
	for (unsigned i = 2; i < 5; i++) {
		f.written_at = 0;
		take(i);
		work();
		assert_int_equal(known(), i); /* for the next worker */
	}
	assert_int_equal(warnings, 1);
	assert_int_equal(access(next, F_OK), -1);
	reopen();
	assert_int_equal(known(), 1);
	assert_int_equal(warnings, 1);
	assert_int_equal(umount2(top, MNT_DETACH), 0);
}

static void test_a_folder_that_cannot_be_made_is_told_once(void **state)
{
	(void)state;
	setenv("STATE_DIRECTORY", "/dev/null/taut", 1);
	stampfile_open(&f, "wg0");
	for (unsigned i = 0; i < 3; i++) {
		f.written_at = 0;
		take(i);
		work();
		assert_int_equal(known(), i); /* for the next worker */
	}
	assert_int_equal(warnings, 1);
}

static void test_the_folder_is_the_first_of_the_list_or_that_of_the_name(void **state)
{
	char list[128];

	(void)state;
	snprintf(list, sizeof(list), "%s:/nowhere", dir);
	setenv("STATE_DIRECTORY", list, 1);
	stampfile_open(&f, "wg0");
	assert_string_equal(f.dir, dir);
	stampfile_close(&f);
	unsetenv("STATE_DIRECTORY");
	stampfile_open(&f, "a+b=c.d-e_f");
	assert_string_equal(f.dir, "/var/lib/taut/a+b=c.d-e_f");
	f.due = false;
	stampfile_close(&f);
	setenv("STATE_DIRECTORY", "not/absolute", 1);
	stampfile_open(&f, "wg0");
	assert_string_equal(f.dir, "/var/lib/taut/wg0");
}

/* The worker may say anything. */
static void test_what_are_no_stamps_is_not_taken(void **state)
{
	struct print bytes;
	int fd, pipes[2];

	(void)state;
	stampfile_open(&f, "wg0");
	take(6);
	make(&bytes, 7);
	for (size_t bit = 0; bit < bytes.len * 8; bit++) {
		bytes.chars[bit / 8] ^= (char)(1 << bit % 8);
		fd = blob_make(bytes.chars, bytes.len);
		assert_int_equal(stampfile_take(&f, fd), -EINVAL);
		close(fd);
		bytes.chars[bit / 8] ^= (char)(1 << bit % 8);
	}
	fd = blob_make("", 0);
	assert_int_equal(stampfile_take(&f, fd), -EINVAL);
	close(fd);
	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(stampfile_take(&f, pipes[0]), -EINVAL);
	close(pipes[0]);
	close(pipes[1]);
	assert_int_equal(stampfile_take(&f, -1), -EINVAL);
	assert_int_equal(known(), 6);
	print_fini(&bytes);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(test_stamps_outlive_the_process),
		EACH(test_it_is_written_once_a_second_and_at_the_end),
		EACH(test_the_same_again_is_not_written),
		EACH(test_a_worker_that_the_clock_does_not_help_gets_a_lead),
		EACH(test_an_earlier_writer_is_waited_for),
		EACH(test_half_a_file_of_a_killed_writer_is_replaced),
		EACH(test_each_tunnel_has_its_own_file),
		EACH(test_a_writer_that_hangs_holds_nothing_up),
		EACH(test_a_bad_file_is_as_good_as_none),
		EACH(test_what_is_no_file_is_as_good_as_none),
		EACH(test_root_shares_the_file_with_the_owner_of_the_folder),
		EACH(test_what_cannot_be_written_whole_is_not_written),
		EACH(test_a_full_disk_costs_one_warning),
		EACH(test_a_folder_that_cannot_be_made_is_told_once),
		EACH(test_the_folder_is_the_first_of_the_list_or_that_of_the_name),
		EACH(test_what_are_no_stamps_is_not_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
