/* SPDX-License-Identifier: ISC */
#include "monitor/culprit.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

enum { COMM = 16 }; /* the name of a process, with a newline */

/*
 * The kernel chooses the port of a second socket of a process, from the upper half; libnl puts
 * the number of the socket above the 22 bits of that of the process.
 */
static uint32_t process_of(uint32_t port)
{
	return port >> 31 ? 0 : port & ((1u << 22) - 1);
}

/* Anybody may call a process anything. */
static void clean(char *name)
{
	for (; *name; name++) {
		if (*name < ' ' || *name > '~' || *name == '"' || *name == '\\')
			*name = '?';
	}
}

static bool read_name(char name[COMM + 1], uint32_t process)
{
	char path[32];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%" PRIu32 "/comm", process);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, name, COMM);
	close(fd);
	n -= n > 0 && name[n - 1] == '\n';
	name[n > 0 ? n : 0] = '\0';
	clean(name);
	return *name;
}

void culprit_name(char by[DRIFT_BY], uint32_t port)
{
	char name[COMM + 1];
	uint32_t process = process_of(port);

	*by = '\0';
	if (!process)
		return;
	if (read_name(name, process))
		snprintf(by, DRIFT_BY, "%s (process %" PRIu32 ")", name, process);
	else
		snprintf(by, DRIFT_BY, "process %" PRIu32, process);
}
