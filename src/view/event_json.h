/* SPDX-License-Identifier: ISC */
#ifndef VIEW_EVENT_JSON_H
#define VIEW_EVENT_JSON_H

/*
 * A line of the event stream as JSON, or for people, without newlines inside; see
 * docs/STATUS.md and docs/events.schema.json. Pure.
 */

#include <stdbool.h>

#include "base/print.h"
#include "base/text.h"

enum { EVENT_JSON_SCHEMA = 1 };

/* false, and nothing is printed: the line is not an event. */
bool event_json(struct print *out, struct text line);
bool event_text(struct print *out, struct text line);

#endif
