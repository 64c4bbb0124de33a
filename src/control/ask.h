/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_ASK_H
#define CONTROL_ASK_H

/* One request to a running tunnel, and its answer. */

#include "base/print.h"

/*
 * Send request ("get=1", without a newline) to the tunnel and wait for the answer. *lines gets
 * the whole answer except the errno line and the empty one. Returns the value of "errno=" as a
 * positive number, or -errno: -ENOENT and -ECONNREFUSED: it is not running; -EPROTO: the
 * answer is not valid (wireguard-go closes the connection on requests it does not know);
 * -EAGAIN: nothing was heard for 15 s; -EKEYREJECTED: who listens there need not be the tunnel.
 * Always free *lines with print_fini().
 */
int ask(const char *name, const char *request, struct print *lines);
/* The same, if it can be done without: -EAGAIN: the answer was not complete after ms (> 0). */
int ask_within(const char *name, const char *request, struct print *lines, unsigned ms);
/* The same over an existing connection. ms 0: as ask(), as long as an answer keeps coming. */
int ask_over(int fd, const char *request, struct print *lines, unsigned ms);

/* What a negative result of ask(), or the negative value of "errno=", means to the admin. */
const char *ask_error(int err);

#endif
