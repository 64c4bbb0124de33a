/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "host/spawn.h"

enum { PATIENCE_MS = 5000 };

static const char *const good[] = { "/bin/sh", "-c", "exit 7", NULL };
static const char *const slow[] = { "/bin/sh", "-c", "sleep 0.2; exit 5", NULL };
static const char *const endless[] = { "/bin/sh", "-c", "sleep 60; true", NULL };

static int readable(const struct spawn *s, int ms)
{
	struct pollfd poller = { .fd = s->fd, .events = POLLIN };

	return poll(&poller, 1, ms);
}

/* Everything that a caller relies on. */
static void check_everything(void)
{
	const char *const none[] = { "no-such-program", NULL };
	struct spawn s;

	assert_int_equal(spawn_run(good, NULL, PATIENCE_MS, NULL), 7);
	assert_int_equal(spawn_run(none, NULL, PATIENCE_MS, NULL), -ENOENT);
	assert_int_equal(spawn_start(&s, slow, NULL, true), 0);
	assert_int_equal(readable(&s, 0), 0);
	assert_int_equal(readable(&s, 5000), 1);
	assert_int_equal(spawn_wait(&s), 5);
	/* The exit of the previous process must not be taken for that of this one. */
	assert_int_equal(spawn_start(&s, endless, NULL, true), 0);
	assert_int_equal(readable(&s, 100), 0);
	spawn_stop(&s, false);
	assert_int_equal(readable(&s, 5000), 1);
	assert_int_equal(spawn_wait(&s), 128 + SIGTERM);
}

static void test_end_of_a_program_is_seen_and_its_status_kept(void **state)
{
	(void)state;
	check_everything();
}

static uint64_t run_for(const char *script, int ms, int result, char said[SPAWN_SAID])
{
	const char *const argv[] = { "/bin/sh", "-c", script, NULL };
	uint64_t before = clock_monotonic_us();

	assert_int_equal(spawn_run(argv, NULL, ms, said), result);
	return (clock_monotonic_us() - before) / 1000;
}

static void test_program_that_hangs_is_killed_with_its_group(void **state)
{
	char said[SPAWN_SAID], byte;
	int pipes[2];

	(void)state;
	/* What it starts has the other end, too. */
	assert_int_equal(pipe(pipes), 0);
	assert_in_range(
		run_for("trap '' TERM; sleep 60 & echo slow >&2; sleep 61", 300, -ETIMEDOUT, said),
		1250, 5000);
	assert_string_equal(said, "slow");
	/* One that ends when it is told to, but leaves a stubborn child. */
	assert_in_range(run_for("(trap '' TERM; sleep 60) & sleep 61", 300, -ETIMEDOUT, NULL), 300,
			1200);
	close(pipes[1]);
	assert_int_equal(read(pipes[0], &byte, 1), 0);
	close(pipes[0]);
}

static void test_errors_of_a_program_are_told_by_their_first_line(void **state)
{
	char said[SPAWN_SAID];

	(void)state;
	run_for("echo out; printf 'no\\007 such\\tthing\\nmore\\n' >&2; exit 3", PATIENCE_MS, 3,
		said);
	assert_string_equal(said, "no? such?thing");
	run_for("echo out", PATIENCE_MS, 0, said);
	assert_string_equal(said, "");
	/* However much it is, it does not stop the program. */
	run_for("yes x | head -c 300000 >&2; exit 4", PATIENCE_MS, 4, said);
	assert_string_equal(said, "x");
	run_for("printf '%0300d' 0 >&2", PATIENCE_MS, 0, said);
	assert_int_equal(strlen(said), SPAWN_SAID - 1);
}

static void test_what_sets_up_the_host_writes_for_all_users(void **state)
{
	static const char *const argv[] = { "/bin/sh", "-c", "test $(umask) = 0022", NULL };
	static const char *const hook[] = { "/bin/sh", "-c", "test $(umask) = 0077", NULL };
	mode_t before = umask(0077);
	struct spawn s;

	(void)state;
	assert_int_equal(spawn_run(argv, NULL, PATIENCE_MS, NULL), 0);
	/* A hook has the umask of the admin, as it has under wg-quick. */
	assert_int_equal(spawn_start(&s, hook, NULL, true), 0);
	assert_int_equal(spawn_wait(&s), 0);
	assert_int_equal(umask(before), 0077);
}

static void test_ignored_child_signals_of_a_parent_do_no_harm(void **state)
{
	(void)state;
	signal(SIGCHLD, SIG_IGN);
	assert_int_equal(spawn_run(good, NULL, PATIENCE_MS, NULL), 7);
	check_everything();
}

static void test_shortage_of_descriptors_is_told_as_such(void **state)
{
	struct rlimit before, few;
	int least = open("/dev/null", O_RDONLY);

	(void)state;
	assert_true(least >= 0);
	close(least);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	for (int more = 0; more < 5; more++) {
		few = before;
		few.rlim_cur = (rlim_t)(least + more);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
		assert_int_equal(spawn_run(good, NULL, PATIENCE_MS, NULL), more < 4 ? -EMFILE : 7);
	}
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

/* From here on this process, and what it starts, has no pidfd_open(2). */
static bool forget_pidfd(int answer)
{
	struct sock_filter lines[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pidfd_open, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)answer),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = LEN(lines), .filter = lines };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/* Of another child, while a program runs. */
static void check_other_deaths(void)
{
	struct spawn s;
	pid_t other;

	assert_int_equal(spawn_start(&s, slow, NULL, true), 0);
	other = fork();
	if (other == 0)
		_exit(0);
	assert_true(other > 0);
	assert_false(spawn_ended(&s, 50));
	assert_int_equal(waitpid(other, NULL, 0), other);
	/* Its signal is gone by now. */
	assert_int_equal(readable(&s, 0), 0);
	assert_true(spawn_ended(&s, 5000));
	assert_true(spawn_ended(&s, 0));
	assert_int_equal(spawn_wait(&s), 5);
}

static void test_death_of_another_child_is_no_end(void **state)
{
	(void)state;
	check_other_deaths();
}

static void check_without_pidfd(int answer)
{
	if (!forget_pidfd(answer))
		skip();
	assert_int_equal(syscall(SYS_pidfd_open, getpid(), 0), -1);
	assert_int_equal(errno, answer);
	check_everything();
	check_other_deaths();
}

static void test_kernel_without_pidfd_is_good_enough(void **state)
{
	(void)state;
	check_without_pidfd(ENOSYS);
}

static void test_container_that_refuses_pidfd_is_good_enough(void **state)
{
	(void)state;
	check_without_pidfd(EPERM); /* of two filters the latest that refuses counts */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_end_of_a_program_is_seen_and_its_status_kept),
		cmocka_unit_test(test_program_that_hangs_is_killed_with_its_group),
		cmocka_unit_test(test_errors_of_a_program_are_told_by_their_first_line),
		cmocka_unit_test(test_what_sets_up_the_host_writes_for_all_users),
		cmocka_unit_test(test_ignored_child_signals_of_a_parent_do_no_harm),
		cmocka_unit_test(test_death_of_another_child_is_no_end),
		cmocka_unit_test(test_shortage_of_descriptors_is_told_as_such),
		/* These change the process for good: last. */
		cmocka_unit_test(test_kernel_without_pidfd_is_good_enough),
		cmocka_unit_test(test_container_that_refuses_pidfd_is_good_enough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
