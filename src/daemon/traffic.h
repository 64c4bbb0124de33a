/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_TRAFFIC_H
#define DAEMON_TRAFFIC_H

/* How the data path does: states of the offloads, and its counters, as key=value. Pure. */

#include "base/text.h"
#include "daemon/path.h"

void traffic_print(struct print *out, const struct path *path);

#endif
