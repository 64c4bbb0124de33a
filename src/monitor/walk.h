/* SPDX-License-Identifier: ISC */
#ifndef MONITOR_WALK_H
#define MONITOR_WALK_H

/* Walk from a configuration to another with both sides: see privsep/reconcile.h. */

#include "monitor/common.h"
#include "privsep/reconcile.h"

/*
 * For WALK_START and WALK_RELOAD.  c->to still has its secrets.  0 (see also c->error), or
 * the error of a plan: nothing has changed; -EPIPE: the worker died.
 */
int walk(struct monitor *m, struct change *c);

#endif
