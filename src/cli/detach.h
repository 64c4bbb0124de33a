/* SPDX-License-Identifier: ISC */
#ifndef CLI_DETACH_H
#define CLI_DETACH_H

/*
 * Run a tunnel in the background, as wg-quick expects: return 0 to the shell only once device
 * and control socket exist. Until then errors go to stderr and the terminal's signals reach
 * the child; afterwards the child has its own session, no inherited descriptors, and logs to
 * syslog.
 */

#include "monitor/monitor.h"

/*
 * Forks. Returns the exit status, in the parent as soon as it is known, in the child when it
 * ends.
 */
int detach_run(const struct monitor_options *options);

#endif
