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
 * The commit of a part.  Also a reload of the same sets it: the last time it may have failed, and
 * others may have changed it since, or what programs ask.
 */
void dns_commit(void *side, struct change *c);

#endif
