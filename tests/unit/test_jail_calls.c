/* SPDX-License-Identifier: ISC */
/* The table of system calls: sound, short, complete on each machine, and as docs/JAIL.md says. */
#include <seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/print.h"
#include "jail/calls.h"

enum { MOST = 50, MOST_WITH_THREADS = 55, ARGUMENTS = 6 };

static const struct machine {
	const char *name;
	uint32_t arch;
} machines[] = {
	{ "x86_64", SCMP_ARCH_X86_64 },     { "aarch64", SCMP_ARCH_AARCH64 },
	{ "arm", SCMP_ARCH_ARM },           { "riscv64", SCMP_ARCH_RISCV64 },
	{ "mips64el", SCMP_ARCH_MIPSEL64 },
};

static bool exists(const struct machine *m, const char *name)
{
	return seccomp_syscall_resolve_name_arch(m->arch, name) >= 0;
}

/* Let through only in a build with a sanitizer. */
static bool is_of_tests(const struct call *c)
{
	return strcmp(c->name, "sigaltstack") == 0;
}

static bool is_let_through(const struct machine *m, const struct call *c, bool threads)
{
	if (c->when == CALL_NEVER || c->otherwise == CALL_UNKNOWN || is_of_tests(c))
		return false;
	if (c->when == CALL_THREADS && !threads)
		return false;
	return exists(m, c->name) && !(c->unless && exists(m, c->unless));
}

/* --- sound --- */

static void judge_test(const struct call *c, const struct call_test *t)
{
	if (t->argument >= ARGUMENTS || (t->value & ~t->mask) || (t->self && t->mask != UINT32_MAX))
		fail_msg("%s: a test that can never hold", c->name);
}

static void judge_ways(const struct call *c)
{
	for (size_t i = 0; i < c->ways; i++) {
		const struct call_test *t = c->way[i].test;

		if (!t[0].mask)
			fail_msg("%s: a way without a test lets all through", c->name);
		for (unsigned j = 0; j < CALL_TESTS && t[j].mask; j++)
			judge_test(c, &t[j]);
	}
}

static void test_each_row_makes_sense(void **state)
{
	(void)state;
	for (size_t i = 0; i < calls_count; i++) {
		const struct call *c = &calls_table[i];

		assert_non_null(c->name);
		if (!c->condition != !c->ways)
			fail_msg("%s: a condition and ways go together", c->name);
		if (c->when == CALL_NEVER && (c->ways || c->otherwise == CALL_KILLS))
			fail_msg("%s: it needs no row", c->name);
		judge_ways(c);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(c->name, calls_table[j].name);
	}
}

static bool exists_anywhere(const char *name)
{
	for (size_t i = 0; i < LEN(machines); i++) {
		if (exists(&machines[i], name))
			return true;
	}
	return false;
}

static void test_each_name_is_that_of_a_call(void **state)
{
	(void)state;
	assert_false(exists_anywhere("no_such_call"));
	for (size_t i = 0; i < calls_count; i++) {
		if (!exists_anywhere(calls_table[i].name))
			fail_msg("%s: no machine has it", calls_table[i].name);
		if (calls_table[i].unless && !exists_anywhere(calls_table[i].unless))
			fail_msg("%s: no machine has it", calls_table[i].unless);
	}
}

/* --- short --- */

static unsigned count(const struct machine *m, bool threads)
{
	unsigned n = 0;

	for (size_t i = 0; i < calls_count; i++)
		n += is_let_through(m, &calls_table[i], threads);
	return n;
}

static void test_few_calls_are_let_through(void **state)
{
	(void)state;
	for (size_t i = 0; i < LEN(machines); i++) {
		unsigned n = count(&machines[i], false), with = count(&machines[i], true);

		/* Some 32-bit machines have some of them twice, for the times after 2038. */
		if (strcmp(machines[i].name, "arm") == 0)
			continue;
		print_message("%s: %u, with threads %u\n", machines[i].name, n, with);
		assert_in_range(n, 40, MOST);
		assert_in_range(with, n + 1, MOST_WITH_THREADS);
	}
}

static void test_none_of_these_is_let_through(void **state)
{
	static const char *const names[] = {
		"execve",
		"execveat",
		"fork",
		"vfork",
		"ptrace",
		"kill",
		"tkill",
		"mount",
		"umount2",
		"pivot_root",
		"chroot",
		"setuid",
		"setresuid",
		"setgroups",
		"capset",
		"unshare",
		"setns",
		"bpf",
		"io_uring_setup",
		"keyctl",
		"add_key",
		"request_key",
		"userfaultfd",
		"perf_event_open",
		"open_by_handle_at",
		"process_vm_writev",
		"process_vm_readv",
		"pidfd_getfd",
		"pidfd_send_signal",
		"pkey_mprotect",
		"shmat",
		"personality",
		"init_module",
		"finit_module",
		"kexec_load",
		"socketpair",
		"listen",
		"bind",
		"dup2",
		"symlinkat",
		"linkat",
		"unlinkat",
		"renameat2",
		"mknodat",
		"seccomp",
		"prctl",
		"prlimit64",
		"setrlimit",
		"ioperm",
		"openat2",
		"splice",
		"vmsplice",
		"modify_ldt",
		"arch_prctl",
	};

	(void)state;
	for (size_t i = 0; i < calls_count; i++) {
		for (size_t j = 0; j < LEN(names); j++) {
			if (strcmp(calls_table[i].name, names[j]) == 0 &&
			    calls_table[i].when != CALL_NEVER)
				fail_msg("%s is let through", names[j]);
		}
	}
}

/* --- complete --- */

static bool has_one(const struct machine *m, const char *names)
{
	for (size_t i = 0; i < calls_count; i++) {
		const char *found = strstr(names, calls_table[i].name);
		size_t len = strlen(calls_table[i].name);

		/* A whole word of the list. */
		if (found && (found == names || found[-1] == ' ') &&
		    (!found[len] || found[len] == ' ') && is_let_through(m, &calls_table[i], false))
			return true;
	}
	return false;
}

static void test_each_machine_has_what_is_needed(void **state)
{
	static const char *const needed[] = {
		"read",
		"write",
		"close",
		"recvmsg",
		"sendmsg",
		"recvmmsg recvmmsg_time64",
		"accept4",
		"fcntl fcntl64",
		"ioctl",
		"socket",
		"connect",
		"openat",
		"newfstatat fstatat64 statx",
		"epoll_ctl",
		"epoll_wait epoll_pwait",
		"poll ppoll",
		"timerfd_settime timerfd_settime64",
		"getrandom",
		"clock_gettime clock_gettime64",
		"mmap mmap2",
		"mprotect",
		"munmap",
		"brk",
		"futex futex_time64",
		"rt_sigprocmask",
		"exit_group",
		"geteuid geteuid32",
	};

	(void)state;
	for (size_t i = 0; i < LEN(machines); i++) {
		for (size_t j = 0; j < LEN(needed); j++) {
			if (!has_one(&machines[i], needed[j]))
				fail_msg("%s lacks %s", machines[i].name, needed[j]);
		}
	}
	assert_false(has_one(&machines[0], "execve"));
}

/* --- as the page says --- */

static void print_row(struct print *p, const struct call *c)
{
	static const char *const otherwise[] = {
		[CALL_KILLS] = "deadly",
		[CALL_REFUSED] = "EACCES",
		[CALL_UNKNOWN] = "ENOSYS",
	};
	bool never = c->when == CALL_NEVER || c->otherwise == CALL_UNKNOWN;
	bool always = !never && !c->condition && !c->unless && c->when == CALL_ALWAYS;

	if (is_of_tests(c))
		return;
	print_add(p, "| `%s` | ", c->name);
	if (c->when == CALL_THREADS && !never)
		print_add(p, "with threads: ");
	print_add(p, "%s", never ? "never" : c->condition ? c->condition : "any arguments");
	if (c->unless)
		print_add(p, "; where there is no `%s`", c->unless);
	print_add(p, " | %s |\n", always ? "-" : otherwise[c->otherwise]);
}

static void test_the_page_has_the_same_table(void **state)
{
	static const char head[] = "| call | let through | otherwise |\n|---|---|---|\n";
	const char *top = getenv("srcdir"), *found;
	static char page[65536];
	struct print want = { 0 };
	char path[512];
	FILE *file;

	(void)state;
	snprintf(path, sizeof(path), "%s/docs/JAIL.md", top ? top : "..");
	file = fopen(path, "r");
	if (!file)
		fail_msg("cannot open %s; run me with srcdir set", path);
	page[fread(page, 1, sizeof(page) - 1, file)] = '\0';
	fclose(file);
	print_add(&want, "%s", head);
	for (size_t i = 0; i < calls_count; i++)
		print_row(&want, &calls_table[i]);
	print_add(&want, "\n");
	found = strstr(page, head);
	if (!found || strncmp(found, want.chars, want.len) != 0)
		fail_msg("docs/JAIL.md must have this table:\n%s", want.chars);
	print_fini(&want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_row_makes_sense),
		cmocka_unit_test(test_each_name_is_that_of_a_call),
		cmocka_unit_test(test_few_calls_are_let_through),
		cmocka_unit_test(test_none_of_these_is_let_through),
		cmocka_unit_test(test_each_machine_has_what_is_needed),
		cmocka_unit_test(test_the_page_has_the_same_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
