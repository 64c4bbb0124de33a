/* SPDX-License-Identifier: ISC */
#ifndef CLI_DETACH_H
#define CLI_DETACH_H

/*
 * Run a tunnel in the background, as wg-quick expects: return 0 to the shell only
 * once device and control socket stand.  Until then errors go to stderr and the
 * terminal's signals reach the child; afterwards it has a session of its own, no
 * inherited descriptor, and logs to syslog.
 */

#include "daemon/daemon.h"

/* Forks. The exit status, in the parent (as soon as it is known) and in the child (at its end). */
int detach_run(const struct daemon_options *options);

#endif
