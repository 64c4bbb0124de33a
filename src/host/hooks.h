/* SPDX-License-Identifier: ISC */
#ifndef HOST_HOOKS_H
#define HOST_HOOKS_H

/* The shell commands of a configuration: PreUp, PostUp, PreDown, PostDown. */

#include "conf/conf.h"
#include "host/host.h"

enum { HOOKS_WHY = 512 };

/*
 * Commands run with all our privileges, so only root may be able to write them: the
 * file and its directory must belong to root and be writable by root alone, and
 * nobody else may be able to replace a directory or a link on the way.  false: *why
 * says what to change.
 */
bool hooks_trusted(const char *path, char why[HOOKS_WHY]);
bool hooks_any(const struct conf *c);
/* The shell of this host (shell.h) is the one that they are written for.  false: *why. */
bool hooks_fit_shell(const struct conf *c, char why[HOOKS_WHY]);

/* How the caller waits for a command while it serves others. */
struct hooks_wait {
	/* true: fd is readable; false: the command is to be given up. */
	bool (*readable)(void *ctx, int fd);
	void *ctx;
};

/*
 * Run a command for the interface of that name; wait keeps the loop running, as a hook may talk
 * to our control socket.  0, its exit status, -errno, or -EINTR when it was given up: then it was
 * terminated, and a second later killed, with all that it had started.
 */
int hooks_run(struct host *h, const struct hooks_wait *wait, const char *name, const char *command);
const char *hooks_name(enum conf_hook kind);

#endif
