/* SPDX-License-Identifier: ISC */
#ifndef HOST_SPAWN_H
#define HOST_SPAWN_H

/*
 * Run another program: argv as it stands, no shell unless it is the program, no
 * descriptor of ours but the standard three, default signals.
 */

#include <stdbool.h>
#include <sys/types.h>

struct spawn {
	pid_t pid;
	int fd; /* readable when it has ended */
};

/*
 * Start a program, as the leader of its own process group.  input is what it
 * reads (at most a pipe's worth); NULL: nothing.  quiet: what it says is thrown
 * away.  0 or -errno: -ENOENT: no such program.
 */
int spawn_start(struct spawn *s, const char *const argv[], const char *input, bool quiet);
/* Wait for its end. Its exit status, or 128 + the signal that ended it, or -errno. */
int spawn_wait(struct spawn *s);
/* Ask it and its children to end; force: make them. */
void spawn_stop(const struct spawn *s, bool force);
/* Start and wait. */
int spawn_run(const char *const argv[], const char *input, bool quiet);

#endif
