/* SPDX-License-Identifier: ISC */
#ifndef HOST_SPAWN_H
#define HOST_SPAWN_H

/*
 * Run another program: argv as given, no shell unless that is the program, none of
 * our descriptors but the standard three, default signals.
 */

#include <stdbool.h>
#include <sys/types.h>

struct spawn {
	pid_t pid;
	int fd;         /* readable when it has ended: then see spawn_ended() */
	bool by_signal; /* ...or when another child has */
};

/* There is a program of this name (without '/') in the directories that spawn_start() searches. */
bool spawn_finds(const char *name);
/*
 * Start a program, as the leader of its own process group.  input is what it reads
 * (at most a pipe's worth); NULL: nothing.  quiet: its output is discarded.  0 or
 * -errno: -ENOENT: no such program.
 */
int spawn_start(struct spawn *s, const char *const argv[], const char *input, bool quiet);
/*
 * Has it ended, or does it within this long?  Meanwhile we are idle (below).  It is to be asked
 * whenever fd is readable.
 */
bool spawn_ended(const struct spawn *s, int ms);
/* Wait for it to end. Its exit status, or 128 + the signal that ended it, or -errno. */
int spawn_wait(struct spawn *s);
/* Terminate it and its children; force: kill them. */
void spawn_stop(const struct spawn *s, bool force);
/*
 * Start and wait, for 20 seconds at most: then it is stopped, and the result is -ETIMEDOUT.
 * For programs that set up the host: their umask is 022 whatever ours is, because what they
 * write (resolv.conf) is for all users.
 */
int spawn_run(const char *const argv[], const char *input, bool quiet);

/*
 * What to do meanwhile: wait until fd is readable (true), or this long.  NULL: just that.
 * There is one for the whole process.
 */
typedef bool spawn_idle_fn(void *ctx, int fd, int ms);
void spawn_set_idle(spawn_idle_fn *idle, void *ctx);

#endif
