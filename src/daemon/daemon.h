/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

/*
 * One running tunnel: brings everything up in order, reloads, takes it down in
 * reverse, and turns events of the core into log lines.
 */

#include <stdbool.h>

#include "conf/conf.h"

struct daemon;

struct daemon_options {
	char name[CONF_NAME_MAX + 1];
	const char *path;    /* config file; NULL: none, configured over the control socket */
	const char *aead;    /* one of aeadname()'s, overrides the file; NULL: as in the file */
	struct tune tune;    /* overrides the file */
	int tun_fd, uapi_fd; /* passed in by the caller; -1: create our own */
	/* Called once, when device and control socket are up (every request works). */
	void (*ready)(void *ctx);
	void *ctx;
};

/*
 * Run a tunnel until it is stopped (by a signal, a stop request, or the removal of
 * the device or the control socket).  Returns the exit status for main: 0; 1 runtime
 * failure; 2 an option that is not available here; 78 (EX_CONFIG) bad configuration.
 * A failure has been logged in one clear line that says what to do.
 */
int daemon_run(const struct daemon_options *options);

/* Stop soon, with this exit status. */
void daemon_stop(struct daemon *d, int status);

#endif
