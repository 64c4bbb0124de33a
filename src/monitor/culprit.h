/* SPDX-License-Identifier: ISC */
#ifndef MONITOR_CULPRIT_H
#define MONITOR_CULPRIT_H

/* Who has asked the kernel for something, as far as a notice tells. */

#include <stdint.h>

#include "base/drift.h"

/*
 * "ip (process 4711)" for a netlink port (netlink/notices.h), "process 4711" if it is gone or
 * hidden from us, "" if the port does not tell.  A process of a container may be taken for
 * another: its number there is a different one.
 */
void culprit_name(char by[DRIFT_BY], uint32_t port);

#endif
