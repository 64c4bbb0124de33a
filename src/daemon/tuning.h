/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_TUNING_H
#define DAEMON_TUNING_H

/* Apply the settings of conf/tune.h. */

#include "daemon/internal.h"

/* Before device and sockets are opened. */
void tuning_begin(struct daemon *d, const struct tune *t);
/*
 * Set how many segments the host may put into one big packet, where that is up to
 * us: at the start, and after any change of the link or of what the host forwards.
 */
void tuning_segments(struct daemon *d);
/* Report the settings of another file that take effect only at the next start. */
void tuning_compare(const struct tune *now, const struct tune *next, struct print *report);

#endif
