/* SPDX-License-Identifier: ISC */
#include "jailed.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "jail/landlock.h"

enum { SKIPPED = 77, FILE_MAX = 1 << 20, DESCRIPTORS_MAX = 256, PATIENCE = 20 };

const struct user jailed_nobody = { .uid = 65534, .gid = 65534, .name = "nobody" };
const char *const *jailed_files;
void (*jailed_before)(void);

static bool is_held(enum jailed_where where, const struct jail_report *report)
{
	for (unsigned i = 0; i < JAIL_PARTS; i++) {
		bool want = i != JAIL_CALLS || where != JAILED_LOGGED;

		if (i == JAIL_FILES)
			want = report->landlock > 0 && !landlock_lacks(report->landlock);
		/* With `make check`, stderr is a file, and so may be the log. */
		if (i == JAIL_LIMITS || report->part[i].held == want)
			continue;
		fprintf(stderr, "%s: %s\n", jail_part_name(i), report->part[i].what);
		return false;
	}
	return true;
}

bool jailed_enter(enum jailed_where where, struct jail_report *report)
{
	const struct jail_plan plan = {
		.mode = where == JAILED_LOGGED ? JAIL_LOG : JAIL_ON,
		.user = jailed_nobody,
		.files = jailed_files,
		.file_max = FILE_MAX,
		.descriptors = DESCRIPTORS_MAX,
		.threads = where == JAILED_THREADED,
	};
	int r = jail_enter(&plan, report);

	if (r < 0)
		fprintf(stderr, "jail_enter: %s\n", strerror(-r));
	return r == 0 && is_held(where, report);
}

bool jailed_failed(const char *file, int line)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, strerror(errno));
	return true;
}

static void try_and_exit(jailed_fn *fn, enum jailed_where where)
{
	struct jail_report report;
	int r;

	/* Handlers of cmocka would turn a death into a message. */
	signal(SIGSYS, SIG_DFL);
	signal(SIGABRT, SIG_DFL);
	signal(SIGSEGV, SIG_DFL);
	alarm(PATIENCE);
	if (jailed_before)
		jailed_before();
	if (where != JAILED_FREE && !jailed_enter(where, &report))
		_exit(JAILED_CANNOT);
	r = fn();
	_exit(r < 0 ? -r : r);
}

int jailed_try(jailed_fn *fn, enum jailed_where where)
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0)
		try_and_exit(fn, where);
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : JAILED_DIED + WTERMSIG(status);
}

static int become_nobody(void)
{
	return setgid(jailed_nobody.gid) < 0 || setuid(jailed_nobody.uid) < 0 ? JAILED_CANNOT : 0;
}

void jailed_needs_root(void)
{
	const char *sanitizers = getenv("SANITIZERS");

	if (sanitizers && strcmp(sanitizers, "no") != 0) {
		fprintf(stderr, "SKIP: sanitizers make system calls that the jail forbids\n");
		exit(SKIPPED);
	}
	if (geteuid() == 0 && jailed_try(become_nobody, JAILED_FREE) == 0)
		return;
	fprintf(stderr, "SKIP: not root, or root of a user namespace\n");
	exit(SKIPPED);
}
