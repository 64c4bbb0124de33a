/* SPDX-License-Identifier: ISC */
#ifndef HOST_HOOKS_H
#define HOST_HOOKS_H

/* The shell commands of a configuration: PreUp, PostUp, PreDown, PostDown. */

#include "conf/conf.h"
#include "host/host.h"

enum { HOOKS_WHY = 512 };

/*
 * Commands run with all our rights, so nobody but root may have written them:
 * the file and its directory belong to root and only root can write there, nor can
 * others exchange a directory or a link on the way.
 * false: *why says what to change.
 */
bool hooks_trusted(const char *path, char why[HOOKS_WHY]);
bool hooks_any(const struct conf *c);

/* How the caller waits for a command, and serves others meanwhile. */
struct hooks_wait {
	/* true: fd is readable; false: the daemon was told to stop before. */
	bool (*readable)(void *ctx, int fd);
	void *ctx;
};

/*
 * Run all hooks of a kind in order; wait lets the loop go on meanwhile, for a hook may
 * talk to our control socket.  Stops at the first that fails: its exit status,
 * -errno, or -EINTR when the daemon was told to end; *failed is that command.
 */
int hooks_run(struct host *h, const struct hooks_wait *wait, const char *name, const struct conf *c,
	      enum conf_hook kind, const char **failed);
const char *hooks_name(enum conf_hook kind);

#endif
