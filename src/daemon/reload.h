/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_RELOAD_H
#define DAEMON_RELOAD_H

/* The file read again: what differs is changed, over all keys, and nothing else is touched. */

#include "daemon/inside.h"

/* As daemon_reload(). */
int reload(struct daemon *d, struct print *report);

#endif
