/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_ANSWER_H
#define CONTROL_ANSWER_H

/* The daemon's answer to one complete request on the control socket. Does not touch the socket. */

#include <stdbool.h>

#include "base/print.h"
#include "base/text.h"
#include "control/control.h"
#include "control/uapi.h"

/* The request asks for the event stream, which the client starts: see feed.h. */
bool answer_is_events(struct text request);

/*
 * Carry out the request and print the complete answer, "errno=" and the empty line
 * included.  too_long: one of its lines was longer than UAPI_LINE_MAX and has been
 * cut.  secrets: an answer to get has the keys, too.  false: close the connection, there is no
 * answer.
 */
bool answer(const struct control_calls *calls, void *ctx, enum uapi_verb verb, struct text request,
	    bool too_long, bool secrets, struct print *out);

#endif
