/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_SNAPSHOT_H
#define DAEMON_SNAPSHOT_H

/* The running tunnel as a configuration: peers and allowed IPs in their order. */

#include "conf/conf.h"
#include "proto/tunnel.h"

/* Fill an initialised conf; it holds secrets then. 0 or -ENOMEM. */
int snapshot(const struct tunnel *t, struct conf *out);

#endif
