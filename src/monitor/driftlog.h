/* SPDX-License-Identifier: ISC */
#ifndef MONITOR_DRIFTLOG_H
#define MONITOR_DRIFTLOG_H

/* What others have taken away, in the log. */

#include "monitor/wanted.h"

/* At most a line of each kind, about all that was not told yet. */
void driftlog_write(const struct wanted *w);

#endif
