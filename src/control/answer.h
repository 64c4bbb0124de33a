/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_ANSWER_H
#define CONTROL_ANSWER_H

/* What the daemon says to one whole request of the control socket. No socket here. */

#include <stdbool.h>

#include "base/print.h"
#include "base/text.h"
#include "control/control.h"
#include "control/uapi.h"

/* The first line of a request is one that answer() serves. */
bool answer_knows(struct text first_line);

/* It asks for the stream of events, which is the client's to begin: see feed.h. */
bool answer_is_events(struct text request);

/*
 * Carry out the request and print the whole answer, "errno=" and the empty line
 * included.  too_long: one of its lines was longer than UAPI_LINE_MAX and is not
 * all there.  false: close the connection, nobody can be answered.
 */
bool answer(const struct control_calls *calls, void *ctx, enum uapi_verb verb, struct text request,
	    bool too_long, struct print *out);

#endif
