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
	const char *path;    /* config file; NULL: none, all comes over the control socket */
	const char *aead;    /* what conf_aead() knows, whatever the file says; NULL: as it says */
	struct tune tune;    /* counts instead of what the file says */
	int tun_fd, uapi_fd; /* handed over by the caller; -1: make our own */
	/*
	 * Called once, when device and control socket stand (everything a client may
	 * ask for works).
	 */
	void (*ready)(void *ctx);
	void *ctx;
};

/*
 * Run a tunnel until it is told to stop (signal, stop request, device deleted, control
 * socket deleted).  Returns the exit status for main: 0; 1 runtime failure; 2 an
 * option that cannot be had here; 78 (EX_CONFIG) bad configuration.  Whatever failed
 * has been logged in one clear line, with what to do.
 */
int daemon_run(const struct daemon_options *options);

/* End soon, with this exit status. */
void daemon_stop(struct daemon *d, int status);

#endif
