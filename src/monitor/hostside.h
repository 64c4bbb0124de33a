/* SPDX-License-Identifier: ISC */
#ifndef MONITOR_HOSTSIDE_H
#define MONITOR_HOSTSIDE_H

/* The parts of a configuration that touch the host, or open what needs a right. */

#include "monitor/common.h"
#include "privsep/reconcile.h"

extern const struct parts hostside_parts;

/* Bits of enum crossing for what is on the host, or planned. */
unsigned hostside_crossing(const struct monitor *m, const struct network *n);
/* With this mark, the default route would divert our own packets into the tunnel. */
bool hostside_mark_diverts(const struct monitor *m, uint32_t mark);

#endif
