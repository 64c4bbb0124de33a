/* SPDX-License-Identifier: ISC */
#ifndef MONITOR_SERVE_H
#define MONITOR_SERVE_H

/* What the worker may ask of the monitor (privsep/message.h), checked as if it were hostile. */

#include "monitor/common.h"

/*
 * Serve one message of the worker; descriptors that it does not keep stay with in.  0, or
 * -errno: this was none, or the worker does not read its answers: it has to go.
 */
int serve(struct monitor *m, struct message_in *in);

/* Serve what had to wait while a configuration was on its way. 0 or -errno, as above. */
int serve_held(struct monitor *m);
/* One more line of the log that a message has caused: not too many. */
bool serve_may_log(struct monitor *m);

#endif
