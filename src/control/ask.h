/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_ASK_H
#define CONTROL_ASK_H

/* One request to a running tunnel, and its answer. */

#include "base/print.h"

/*
 * Send request ("get=1", without a newline) to the tunnel and wait for the answer.
 * *lines gets all of it but the errno line and the empty one.  What "errno=" said,
 * as a positive number; or -errno: -ENOENT and -ECONNREFUSED nobody runs it,
 * -EPROTO the answer makes no sense (wireguard-go closes on requests of ours),
 * -EAGAIN no answer for a while.  *lines is to be freed with print_fini() always.
 */
int ask(const char *name, const char *request, struct print *lines);
/* The same over a connection that is there already. */
int ask_over(int fd, const char *request, struct print *lines);

/* What a negative result of ask() means to the admin. */
const char *ask_error(int err);

#endif
