/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_TUNNELSIDE_H
#define DAEMON_TUNNELSIDE_H

/* The parts of a configuration that need no rights: what is in the tunnel. */

#include "privsep/reconcile.h"

/* Their side is the daemon. */
extern const struct parts tunnelside_parts;

#endif
