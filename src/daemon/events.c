/* SPDX-License-Identifier: ISC */
#include "daemon/events.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/bytes.h"
#include "daemon/apply.h"
#include "daemon/linkwatch.h"
#include "daemon/publish.h"
#include "daemon/rpfilter.h"
#include "diag/label.h"

enum {
	ASK_AGAIN_AFTER = 2, /* unanswered initiations, before the name is resolved again */
	/* Moves of one peer in a minute: log and feed are shared with the others. */
	MOVES_LOGGED = 2,
	MOVES_TOLD = 10,
};

struct who {
	char label[LABEL_PEER], end[ENDPOINT_TEXT];
};

static void name_peer(struct who *w, const struct peer *p)
{
	label_peer(w->label, p);
	endpoint_print(w->end, &p->endpoint);
	if (!*w->end)
		snprintf(w->end, sizeof(w->end), "unknown address");
}

/* Suppressed lines are reported first. */
static bool may_log(struct daemon *d, enum ratelimit which, struct instant now)
{
	static const struct {
		uint64_t period;
		uint32_t burst;
	} limits[RATELIMIT_COUNT] = {
		[RATELIMIT_UNKNOWN] = { 600 * SECOND_NS, 5 },
		[RATELIMIT_PSK] = { 600 * SECOND_NS, 5 },
		[RATELIMIT_TIMESTAMP] = { 600 * SECOND_NS, 5 },
		[RATELIMIT_ENDPOINT] = { 60 * SECOND_NS, 10 },
		[RATELIMIT_RETRY] = { 60 * SECOND_NS, 20 },
	};
	uint32_t held = 0;

	if (!log_ratelimit(&d->ratelimit[which], now.mono, limits[which].period,
			   limits[which].burst, &held))
		return false;
	if (held)
		log_info("%" PRIu32 " lines like the next were not logged", held);
	return true;
}

/* How many moves of it there were in this minute, with this one; at most MOVES_TOLD + 1. */
static uint32_t count_move(struct peer_note *note, struct instant now)
{
	if (!note->moves_since || now.mono - note->moves_since >= 60 * SECOND_NS) {
		note->moves_since = now.mono;
		note->moves = 0;
	}
	if (note->moves <= MOVES_TOLD)
		note->moves++;
	return note->moves;
}

static void log_stranger(struct daemon *d, const struct event *e, struct instant now)
{
	char base64[KEY_BASE64_LEN + 1], end[ENDPOINT_TEXT];

	if (!may_log(d, RATELIMIT_UNKNOWN, now))
		return;
	key_to_base64(base64, &e->key);
	endpoint_print(end, &e->end);
	log_warn("%s asks for a session with public key %s, which no [Peer] has", end, base64);
}

static void log_trouble(struct daemon *d, const struct event *e, const struct who *w,
			struct instant now)
{
	if (e->kind == EVENT_PSK && may_log(d, RATELIMIT_PSK, now))
		log_warn("peer %s (%s) answers, but the preshared keys differ: set the same "
			 "PresharedKey on both sides",
			 w->label, w->end);
	if (e->kind == EVENT_TIMESTAMP && may_log(d, RATELIMIT_TIMESTAMP, now))
		log_warn("peer %s (%s) sent a handshake not newer than its last: its clock went "
			 "back, or two hosts share its private key",
			 w->label, w->end);
	if (e->kind == EVENT_ENDPOINT && may_log(d, RATELIMIT_ENDPOINT, now))
		log_info("peer %s is now at %s", w->label, w->end);
}

static void unanswered(struct daemon *d, const struct event *e, const struct who *w,
		       struct instant now)
{
	struct peer_note *note = &e->peer->note;
	char end[ENDPOINT_TEXT];

	endpoint_print(end, &e->end); /* another place may be tried by now */
	/* The first series is news; each further attempt is not, nor are further series. */
	if (e->n == ASK_AGAIN_AFTER && !note->doubted && may_log(d, RATELIMIT_RETRY, now)) {
		note->doubted = true;
		log_info("peer %s (%s): no answer yet, still trying (see: taut why %s)", w->label,
			 end, d->name);
	} else {
		log_debug("peer %s (%s): initiation resent (%" PRIu32 ")", w->label, end, e->n);
	}
	if (e->n >= ASK_AGAIN_AFTER)
		names_unanswered(&d->names, &e->peer->public_key);
}

void events_handle(struct daemon *d, const struct event *e, struct instant now)
{
	uint32_t moves = e->kind == EVENT_ENDPOINT ? count_move(&e->peer->note, now) : 0;
	struct who w = { 0 };

	if (moves <= MOVES_TOLD)
		publish_event(d, e);
	if (e->peer)
		name_peer(&w, e->peer);
	switch (e->kind) {
	case EVENT_NONE:
		break;
	case EVENT_HANDSHAKE:
		handover_soon(d);
		e->peer->note.doubted = false;
		linkwatch_endpoint(d); /* it may be at home elsewhere now */
		/* That it is up is logged with its state; renewals are routine. */
		log_debug("peer %s (%s): session %s", w.label, w.end,
			  e->peer->handshakes <= 1 ? "established" : "renewed");
		break;
	case EVENT_RETRY:
		unanswered(d, e, &w, now);
		break;
	case EVENT_GAVE_UP:
		/* Its state says so, too. */
		log_debug("peer %s (%s): no answer to 20 initiations", w.label, w.end);
		break;
	case EVENT_FORGOT:
		log_debug("peer %s: no new session for 9 minutes; its keys were wiped", w.label);
		break;
	case EVENT_UNKNOWN_PEER:
		log_stranger(d, e, now);
		break;
	case EVENT_ENDPOINT:
		handover_soon(d);
		linkwatch_endpoint(d);
		if (moves <= MOVES_LOGGED)
			log_trouble(d, e, &w, now);
		break;
	case EVENT_TRYING:
		linkwatch_endpoint(d);
		rpfilter_warn(d, e->peer);
		log_debug("peer %s: trying %s", w.label, w.end);
		break;
	case EVENT_PSK:
	case EVENT_TIMESTAMP:
		log_trouble(d, e, &w, now);
		break;
	}
}
