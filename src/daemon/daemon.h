/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

/*
 * One running tunnel: brings everything up in order, reloads, takes it down in
 * reverse, and turns events of the core into log lines.
 */

#include <stdbool.h>

#include "base/text.h"
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

/* --- for control.c, called from inside the loop --- */

/* Apply a set request, whole or not at all. 0 or -errno. */
int daemon_set(struct daemon *d, struct conf *request);
/* Fill an initialised conf with what runs, for a get request. 0 or -ENOMEM. */
int daemon_get(struct daemon *d, struct conf *out);
/* The status records, as SIGUSR1 logs them: one key=value line for the interface, one per peer. */
void daemon_status(struct daemon *d, struct print *out);
/* Why it does not work, as records: see daemon/examine.h. */
void daemon_why(struct daemon *d, struct print *out);
/* Start a handshake with each peer that has an endpoint and no session that works. */
void daemon_shake(struct daemon *d);
/*
 * Read the config file again; what was wrong or done is added to *report, a line
 * each.  0 or -errno; -ENOENT: there is no file.
 */
int daemon_reload(struct daemon *d, struct print *report);
/* End soon, with this exit status. */
void daemon_stop(struct daemon *d, int status);

#endif
