/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_STARTUP_H
#define DAEMON_STARTUP_H

/*
 * The way from the monitor to the worker.  The worker is a program of its own, the same file
 * executed anew, so that it begins with nothing of the monitor's memory, next to nothing of its
 * environment, no right that an unprivileged program would not get, and addresses and canaries
 * of its own: one that was made to crash tells nothing about the next.
 */

#include "daemon/daemon.h"

/* argv[0] and name of the process. */
#define STARTUP_NAME "taut-worker"

/*
 * Become the worker: execute this program again, with a blob that holds *s, and close all
 * descriptors but those of *s and the standard ones.  To be called in a child process.  Returns
 * -errno if that cannot be done.
 */
int startup_exec(const struct daemon_start *s);

/* true: this process was executed like that. */
bool startup_is_meant(int argc, char **argv);
/* Its main(). Returns the exit status. */
int startup_main(char **argv);

#endif
