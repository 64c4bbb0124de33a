/* SPDX-License-Identifier: ISC */
#ifndef MONITOR_DNS_H
#define MONITOR_DNS_H

/*
 * The name servers and domains of the file: tell the system's resolver, and tell the worker what
 * has become of that.
 */

#include "monitor/common.h"
#include "privsep/reconcile.h"

/*
 * The commit of a part.  What could not be set the last time is tried again; what was set is
 * looked at, since programs may ask somebody else by now.
 */
void dns_commit(void *side, struct change *c);

#endif
