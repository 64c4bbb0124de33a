/* SPDX-License-Identifier: ISC */
#ifndef MONITOR_HOSTSIDE_H
#define MONITOR_HOSTSIDE_H

/* The parts of a configuration that touch the host, or open what needs a right. */

#include "monitor/common.h"
#include "privsep/reconcile.h"

extern const struct parts hostside_parts;

/* Bits of enum crossing for what is on the host. */
unsigned hostside_crossing(const struct network *n);
/* A request has changed the mark. */
void hostside_warn_mark(const struct monitor *m, uint32_t mark);

#endif
