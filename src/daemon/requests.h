/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_REQUESTS_H
#define DAEMON_REQUESTS_H

/* What clients of the control socket may ask the running tunnel for. */

#include "control/control.h"

struct daemon;

/* For control_open(); their ctx is the struct daemon. */
extern const struct control_calls requests_calls;

/* Log the status records: one key=value line for the interface, one per peer. */
void requests_dump(struct daemon *d);

#endif
