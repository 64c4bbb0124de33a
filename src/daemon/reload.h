/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_RELOAD_H
#define DAEMON_RELOAD_H

/* Read the file again and change what differs, in all keys, and nothing else. */

#include "daemon/internal.h"

/*
 * Read the config file again; what was wrong or done is added to *report, a line
 * each.  0 or -errno; -ENOENT: there is no file.
 */
int reload(struct daemon *d, struct print *report);

#endif
