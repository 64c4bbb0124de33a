/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_TUNING_H
#define DAEMON_TUNING_H

/* The knobs of conf/tune.h, put where they work. */

#include "daemon/internal.h"

/* Before device and sockets are opened. */
void tuning_begin(struct daemon *d);
/* New sockets, before they are used. */
void tuning_sockets(struct daemon *d, const int fd[UDP_SOCKETS]);
/* The device, once netlink knows it. */
void tuning_device(struct daemon *d);
/*
 * How many segments the host may put into one big packet, as far as it is for us to
 * say: at the start, and after any change of the link or of what the host forwards.
 */
void tuning_segments(struct daemon *d);
/* Report what of another file only a new start will take up. */
void tuning_compare(const struct tune *now, const struct tune *next, struct print *report);

#endif
