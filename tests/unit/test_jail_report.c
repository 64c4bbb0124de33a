/* SPDX-License-Identifier: ISC */
/* What the jail tells where it cannot hold all, and when it refuses to go on. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "jail/filter.h"
#include "jail/landlock.h"
#include "jailed.h"

#define MUST(condition) JAILED_MUST(condition)

enum { LANDLOCK_CREATE = 444 };

static const struct jail_plan plain = { .user = { .uid = 65534, .gid = 65534, .name = "nobody" } };

/* From now on this call fails with err; with err 0 it does nothing, and says that it did. */
static bool take_away(uint32_t number, uint16_t err)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | err),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { .len = LEN(code), .filter = code };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static bool keep_caps(uint32_t caps)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { .effective = caps, .permitted = caps } };

	return syscall(SYS_capset, &head, data) == 0;
}

static bool has_filter = true; /* this build */
static int abi;                /* of this kernel's Landlock */

/* Whether all parts are held, but for the one whose report begins so. */
static bool is_held_but(const struct jail_report *r, enum jail_part odd, const char *what)
{
	for (unsigned i = 0; i < JAIL_PARTS; i++) {
		const char *want = i == odd ? what : NULL;

		if (i == JAIL_CALLS && !has_filter)
			want = "built without libseccomp";
		if (i == JAIL_FILES && abi == 0 && !want)
			want = "this kernel has no Landlock";
		if (i == JAIL_FILES && abi > 0 && !want)
			want = landlock_lacks(abi);
		if (i == JAIL_LIMITS && !want)
			continue; /* make check logs to a file */
		if (r->part[i].held == !want &&
		    (!want || strncmp(r->part[i].what, want, strlen(want)) == 0))
			continue;
		fprintf(stderr, "%s: %d, %s\n", jail_part_name(i), r->part[i].held,
			r->part[i].what);
		return false;
	}
	return true;
}

static int look_for_filter(void)
{
	const char *why;
	int r = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -EIO : filter_enter(true, false, &why);

	return r == -ENOSYS && strncmp(why, "built", 5) ? -EIO : r;
}

/* --- what cannot be held --- */

static int off(void)
{
	struct jail_plan plan = plain;
	struct jail_report report;

	plan.mode = JAIL_OFF;
	MUST(jail_enter(&plan, &report) == 0);
	MUST(geteuid() == 0 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0);
	for (unsigned i = 0; i < JAIL_PARTS; i++)
		MUST(!report.part[i].held && strcmp(report.part[i].what, "off") == 0);
	return 0;
}

static bool write_map(const char *path, const char *map)
{
	int fd = open(path, O_WRONLY);

	return fd >= 0 && write(fd, map, strlen(map)) == (ssize_t)strlen(map);
}

static int namespace_of_one(void)
{
	struct jail_report report;

	MUST(unshare(CLONE_NEWUSER) == 0);
	MUST(write_map("/proc/self/setgroups", "deny"));
	MUST(write_map("/proc/self/uid_map", "0 0 1") && write_map("/proc/self/gid_map", "0 0 1"));
	MUST(jail_enter(&plain, &report) == 0);
	MUST(is_held_but(&report, JAIL_USER, "root: this user namespace has no other user"));
	MUST(geteuid() == 0);
	return 0;
}

static int container_without_setuid(void)
{
	struct jail_report report;

	MUST(keep_caps(1 << CAP_NET_ADMIN | 1 << CAP_SETPCAP));
	MUST(jail_enter(&plain, &report) == 0);
	MUST(is_held_but(&report, JAIL_USER, "root: changing the user needs CAP_SETUID"));
	return 0;
}

static int namespace_that_keeps_groups(void)
{
	const gid_t groups[] = { 1, 2 };
	struct jail_report report;

	MUST(setgroups(LEN(groups), groups) == 0);
	MUST(take_away(SYS_setgroups, EPERM));
	MUST(jail_enter(&plain, &report) == 0);
	MUST(is_held_but(&report, JAIL_USER, "nobody (65534), with other groups"));
	return 0;
}

static int enter_as_service(gid_t group, const char *what)
{
	struct jail_report report;

	MUST(setgroups(1, &group) == 0);
	MUST(setresgid(4711, 4711, 4711) == 0 && setresuid(4711, 4711, 4711) == 0);
	MUST(jail_enter(&plain, &report) == 0);
	MUST(report.part[JAIL_USER].held);
	MUST(strcmp(report.part[JAIL_USER].what, what) == 0);
	return 0;
}

static int service_of_one_group(void)
{
	return enter_as_service(4711, "4711");
}

static int service_of_another_group(void)
{
	return enter_as_service(4712, "4711, with other groups");
}

/* Another user for the moment, without the right to become it for good. */
static int saved_root(void)
{
	struct jail_report report;

	MUST(setresuid(65534, 65534, 0) == 0);
	MUST(jail_enter(&plain, &report) == 0);
	MUST(!report.part[JAIL_USER].held);
	MUST(strncmp(report.part[JAIL_USER].what, "root: ", 6) == 0);
	return 0;
}

static int unit_without_root(void)
{
	struct jail_report report;

	MUST(setgid(65534) == 0 && setuid(65534) == 0);
	MUST(jail_enter(&plain, &report) == 0);
	MUST(strncmp(report.part[JAIL_USER].what, "65534", 5) == 0);
	MUST(strstr(report.part[JAIL_BOUNDING].what, " left: lowering it needs"));
	MUST(is_held_but(&report, JAIL_BOUNDING, ""));
	return 0;
}

static int kernel_without_landlock(void)
{
	struct jail_report report;

	MUST(take_away(LANDLOCK_CREATE, ENOSYS));
	MUST(jail_enter(&plain, &report) == 0);
	MUST(is_held_but(&report, JAIL_FILES, "this kernel has no Landlock"));
	MUST(report.landlock == 0);
	MUST(open("/etc/passwd", O_RDONLY) >= 0);
	MUST(!has_filter || (open("/etc/passwd", O_PATH) < 0 && errno == EACCES));
	return 0;
}

static int container_without_landlock(void)
{
	struct jail_report report;

	MUST(take_away(LANDLOCK_CREATE, EPERM));
	MUST(jail_enter(&plain, &report) == 0);
	MUST(is_held_but(&report, JAIL_FILES, "Landlock may not be used here"));
	return 0;
}

static int kernel_without_filters(void)
{
	struct jail_report report;

	MUST(take_away(SYS_seccomp, ENOSYS));
	MUST(jail_enter(&plain, &report) == 0);
	MUST(is_held_but(&report, JAIL_CALLS, "this kernel has no filters of system calls"));
	/* The others stand alone. */
	MUST(abi == 0 || (open("/etc/passwd", O_RDONLY) < 0 && errno == EACCES));
	MUST(fork() < 0 && errno == EAGAIN);
	return 0;
}

static int unit_without_filters(void)
{
	struct jail_report report;

	MUST(take_away(SYS_seccomp, EPERM));
	MUST(jail_enter(&plain, &report) == 0);
	MUST(is_held_but(&report, JAIL_CALLS, "filters of system calls may not be used here"));
	return 0;
}

static int log_in_a_file(void)
{
	int fd = memfd_create("log", MFD_CLOEXEC), err = dup(2);
	struct jail_report report;

	MUST(fd >= 0 && err >= 0 && dup2(fd, 2) == 2);
	MUST(jail_enter(&plain, &report) == 0);
	MUST(write(2, "it grows\n", 9) == 9);
	MUST(is_held_but(&report, JAIL_LIMITS, "the log is a file"));
	return 0;
}

static void test_the_report_tells_what_is_not_held(void **state)
{
	(void)state;
	assert_int_equal(jailed_try(off, JAILED_FREE), 0);
	assert_int_equal(jailed_try(namespace_of_one, JAILED_FREE), 0);
	assert_int_equal(jailed_try(container_without_setuid, JAILED_FREE), 0);
	assert_int_equal(jailed_try(namespace_that_keeps_groups, JAILED_FREE), 0);
	assert_int_equal(jailed_try(service_of_one_group, JAILED_FREE), 0);
	assert_int_equal(jailed_try(service_of_another_group, JAILED_FREE), 0);
	assert_int_equal(jailed_try(saved_root, JAILED_FREE), 0);
	assert_int_equal(jailed_try(unit_without_root, JAILED_FREE), 0);
	assert_int_equal(jailed_try(kernel_without_landlock, JAILED_FREE), 0);
	assert_int_equal(jailed_try(container_without_landlock, JAILED_FREE), 0);
	assert_int_equal(jailed_try(kernel_without_filters, JAILED_FREE), 0);
	assert_int_equal(jailed_try(unit_without_filters, JAILED_FREE), 0);
	assert_int_equal(jailed_try(log_in_a_file, JAILED_FREE), 0);
}

static int only_logged(void)
{
	struct jail_plan plan = plain;
	struct jail_report report;

	plan.mode = JAIL_LOG;
	MUST(jail_enter(&plan, &report) == 0);
	MUST(is_held_but(&report, JAIL_CALLS, "only logged"));
	return 0;
}

static int all_held(void)
{
	struct jail_report report;

	MUST(jail_enter(&plain, &report) == 0);
	MUST(is_held_but(&report, JAIL_PARTS, ""));
	MUST(strcmp(report.part[JAIL_USER].what, "nobody (65534)") == 0);
	MUST(!has_filter || strcmp(report.part[JAIL_CALLS].what, "in force") == 0);
	MUST(report.landlock == abi);
	return 0;
}

static void test_a_build_without_the_library_is_told(void **state)
{
	int r = jailed_try(look_for_filter, JAILED_FREE);

	(void)state;
	assert_true(r == 0 || r == ENOSYS);
	has_filter = r == 0;
}

static void test_what_an_old_landlock_cannot_hold_back_is_told(void **state)
{
	(void)state;
	for (int i = 1; i < 4; i++) {
		assert_non_null(strstr(landlock_lacks(i), "TCP"));
		assert_true(strlen(landlock_lacks(i)) < JAIL_TEXT);
	}
	assert_null(landlock_lacks(4)); /* Linux 6.7 */
	assert_null(landlock_lacks(100));
}

static void test_with_root_and_a_kernel_of_today_all_is_held(void **state)
{
	(void)state;
	assert_int_equal(jailed_try(all_held, JAILED_FREE), 0);
	assert_int_equal(jailed_try(only_logged, JAILED_FREE), 0);
}

/* --- when it ends instead --- */

static int capset_is_refused(void)
{
	struct jail_report report;

	MUST(keep_caps(1 << CAP_NET_ADMIN));
	MUST(take_away(SYS_capset, EPERM));
	MUST(jail_enter(&plain, &report) == -EPERM);
	MUST(!report.part[JAIL_CAPS].held);
	MUST(strcmp(report.part[JAIL_CAPS].what, "Operation not permitted") == 0);
	MUST(strcmp(report.part[JAIL_CALLS].what, "not reached") == 0);
	return 0;
}

static int capset_does_nothing(void)
{
	struct jail_report report;

	/* Becoming another user would drop them, too. */
	MUST(keep_caps(1 << CAP_NET_ADMIN | 1 << CAP_SETPCAP));
	MUST(take_away(SYS_capset, 0));
	MUST(jail_enter(&plain, &report) == -EPERM);
	MUST(!report.part[JAIL_CAPS].held);
	return 0;
}

/* What is left in a process that a service manager gave ambient capabilities, executed anew. */
static int capset_is_refused_where_nothing_is_left(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];
	struct jail_report report;

	MUST(syscall(SYS_capget, &head, data) == 0);
	data[0].inheritable = 1 << CAP_NET_ADMIN;
	MUST(syscall(SYS_capset, &head, data) == 0);
	MUST(take_away(SYS_capset, EPERM));
	MUST(jail_enter(&plain, &report) == 0);
	MUST(report.part[JAIL_CAPS].held);
	return 0;
}

static int setresuid_does_nothing(void)
{
	struct jail_report report;

	MUST(take_away(SYS_setresuid, 0));
	MUST(jail_enter(&plain, &report) == -EPERM);
	MUST(!report.part[JAIL_USER].held);
	return 0;
}

static int setresgid_does_nothing(void)
{
	struct jail_report report;

	MUST(take_away(SYS_setresgid, 0));
	MUST(jail_enter(&plain, &report) == -EPERM);
	MUST(!report.part[JAIL_USER].held);
	return 0;
}

static int to_be_root(void)
{
	struct jail_plan plan = plain;
	struct jail_report report;

	plan.user.uid = 0;
	MUST(jail_enter(&plan, &report) == -EINVAL);
	plan = plain;
	plan.user.gid = 0;
	MUST(jail_enter(&plan, &report) == -EINVAL);
	return 0;
}

static void test_it_fails_when_a_right_stays_that_could_go(void **state)
{
	(void)state;
	assert_int_equal(jailed_try(capset_is_refused, JAILED_FREE), 0);
	assert_int_equal(jailed_try(capset_does_nothing, JAILED_FREE), 0);
	assert_int_equal(jailed_try(capset_is_refused_where_nothing_is_left, JAILED_FREE), 0);
	assert_int_equal(jailed_try(setresuid_does_nothing, JAILED_FREE), 0);
	assert_int_equal(jailed_try(setresgid_does_nothing, JAILED_FREE), 0);
	assert_int_equal(jailed_try(to_be_root, JAILED_FREE), 0);
}

/* --- words and users --- */

static void test_modes_have_words(void **state)
{
	enum jail_mode mode = JAIL_LOG;

	(void)state;
	for (unsigned i = JAIL_ON; i <= JAIL_OFF; i++) {
		assert_true(jail_mode_parse(&mode, jail_mode_name(i)));
		assert_int_equal(mode, i);
	}
	assert_false(jail_mode_parse(&mode, ""));
	assert_false(jail_mode_parse(&mode, "On"));
	assert_false(jail_mode_parse(&mode, "onn"));
	assert_int_equal(mode, JAIL_OFF);
}

static void test_each_part_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (unsigned i = 0; i < JAIL_PARTS; i++) {
		assert_non_null(jail_part_name(i));
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(jail_part_name(i), jail_part_name(j));
	}
}

static void test_a_user_is_found_or_else_nobody(void **state)
{
	struct user u;

	(void)state;
	assert_true(user_find(&u, "nobody"));
	assert_string_equal(u.name, "nobody");
	assert_int_not_equal(u.uid, 0);
	assert_false(user_find(&u, "no-such-user-here"));
	assert_string_equal(u.name, "nobody");
	assert_false(user_find(&u, "root"));
	assert_int_not_equal(u.uid, 0);
	assert_int_not_equal(u.gid, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_build_without_the_library_is_told),
		cmocka_unit_test(test_the_report_tells_what_is_not_held),
		cmocka_unit_test(test_what_an_old_landlock_cannot_hold_back_is_told),
		cmocka_unit_test(test_with_root_and_a_kernel_of_today_all_is_held),
		cmocka_unit_test(test_it_fails_when_a_right_stays_that_could_go),
		cmocka_unit_test(test_modes_have_words),
		cmocka_unit_test(test_each_part_has_a_name_of_its_own),
		cmocka_unit_test(test_a_user_is_found_or_else_nobody),
	};

	jailed_needs_root();
	abi = landlock_abi();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
