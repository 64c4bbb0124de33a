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
 * Carry out the request and print the complete answer, "errno=" and the empty line included.
 * A line longer than UAPI_LINE_MAX may have been cut, but not to that length.  secrets: an
 * answer to get has the keys, too.  ticket: names the request if its answer comes later.
 */
enum answer { ANSWER_NONE, /* close the connection */ ANSWER_GIVEN, ANSWER_LATER };
enum answer answer(const struct control_calls *calls, void *ctx, enum uapi_verb verb,
		   struct text request, bool secrets, uint64_t ticket, struct print *out);
/* The answer that came later, to a request of this kind. false: no memory. */
bool answer_later(enum uapi_verb verb, int result, const struct print *lines, struct print *out);

#endif
