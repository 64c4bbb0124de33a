/* SPDX-License-Identifier: ISC */
#ifndef MONITOR_MONITOR_H
#define MONITOR_MONITOR_H

/*
 * One running tunnel, as two processes.  This one, the monitor, has the rights: it reads the
 * file, creates device and sockets, changes the host, runs the hooks, and undoes it all in
 * reverse.  It parses nothing that comes from the net.  The worker, its child, has no rights
 * and does the rest (daemon/daemon.h).  It is started again if it dies; the device, with all
 * that leads into it, stays.
 */

#include <stdbool.h>

#include "conf/conf.h"
#include "jail/jail.h"

struct monitor_options {
	char name[CONF_NAME_MAX + 1];
	const char *path;    /* config file; NULL: none, configured over the control socket */
	const char *aead;    /* one of aeadname()'s, overrides the file; NULL: as in the file */
	struct tune tune;    /* overrides the file */
	int tun_fd, uapi_fd; /* passed in by the caller; -1: create our own */
	enum jail_mode jail; /* of the worker */
	bool background;     /* it will leave the terminal: the worker does at once */
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
int monitor_run(const struct monitor_options *options);

#endif
