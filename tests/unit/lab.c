/* SPDX-License-Identifier: ISC */
#include "lab.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { SKIPPED = 77, COMMAND_MAX = 512 };

static void skip_program(const char *what)
{
	fprintf(stderr, "SKIP: %s: %s\n", what, strerror(errno));
	exit(SKIPPED);
}

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, text, strlen(text));
	close(fd);
	return n == (ssize_t)strlen(text) ? 0 : -1;
}

static void become_root_of_user_namespace(void)
{
	unsigned uid = getuid(), gid = getgid();
	char map[64];

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		skip_program("neither root nor user namespaces");
	snprintf(map, sizeof(map), "0 %u 1", uid);
	if (write_file("/proc/self/setgroups", "deny") < 0 ||
	    write_file("/proc/self/uid_map", map) < 0)
		skip_program("user namespace");
	snprintf(map, sizeof(map), "0 %u 1", gid);
	if (write_file("/proc/self/gid_map", map) < 0)
		skip_program("user namespace");
}

void lab_enter(void)
{
	if (unshare(CLONE_NEWNET) < 0)
		become_root_of_user_namespace();
	if (lab_try("ip link set lo up") != 0) {
		fprintf(stderr, "SKIP: no ip(8), or it may not work here\n");
		exit(SKIPPED);
	}
}

void lab_needs(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		skip_program(path);
	close(fd);
}

__attribute__((format(printf, 1, 0))) static int run(const char *format, va_list ap)
{
	char command[COMMAND_MAX];
	int len = vsnprintf(command, sizeof(command), format, ap), status;

	if (len < 0 || len >= COMMAND_MAX)
		return -1;
	status = system(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int lab_try(const char *format, ...)
{
	va_list ap;
	int r;

	va_start(ap, format);
	r = run(format, ap);
	va_end(ap);
	return r;
}

void lab_run(const char *format, ...)
{
	va_list ap;
	int r;

	va_start(ap, format);
	r = run(format, ap);
	va_end(ap);
	if (r != 0)
		print_error("failed: %s\n", format);
	assert_int_equal(r, 0);
}

void lab_write(const char *path, const char *word)
{
	if (write_file(path, word) < 0)
		print_error("cannot write %s\n", path);
	assert_int_equal(write_file(path, word), 0);
}
