/* SPDX-License-Identifier: ISC */
/*
 * Two steps: decide the cause once, then put it into words.  Callers that want only
 * the word do not pay for the sentence.
 */
#include "diag/state.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "diag/icmp.h"
#include "proto/limits.h"

/* Trouble with packets older than this is over. */
static const uint64_t recent = 180 * SECOND_NS;

enum cause {
	CAUSE_LINK_DOWN,
	CAUSE_NO_KEY,
	CAUSE_CANNOT_SEND,
	CAUSE_SILENT_SESSION,
	CAUSE_SOURCE,
	CAUSE_WORKS,
	CAUSE_NAME_FAILS,
	CAUSE_NAME_ASKED,
	CAUSE_CANNOT_ASK,
	CAUSE_PSK,
	CAUSE_REFUSED,
	CAUSE_ASKED,
	CAUSE_NO_ANSWER,
	CAUSE_GAVE_UP,
	CAUSE_UNCONFIRMED,
	CAUSE_WAITS_FOR_CALL,
	CAUSE_UNTOUCHED,
	CAUSE_ENDED,
	CAUSE_COUNT
};

static const enum state_word words[CAUSE_COUNT] = {
	[CAUSE_LINK_DOWN] = STATE_DEAD,
	[CAUSE_NO_KEY] = STATE_DEAD,
	[CAUSE_CANNOT_SEND] = STATE_STALE,
	[CAUSE_SILENT_SESSION] = STATE_STALE,
	[CAUSE_SOURCE] = STATE_UP,
	[CAUSE_WORKS] = STATE_UP,
	[CAUSE_NAME_FAILS] = STATE_RESOLVING,
	[CAUSE_NAME_ASKED] = STATE_RESOLVING,
	[CAUSE_CANNOT_ASK] = STATE_HANDSHAKING,
	[CAUSE_PSK] = STATE_HANDSHAKING,
	[CAUSE_REFUSED] = STATE_HANDSHAKING,
	[CAUSE_ASKED] = STATE_HANDSHAKING,
	[CAUSE_NO_ANSWER] = STATE_HANDSHAKING,
	[CAUSE_GAVE_UP] = STATE_DEAD,
	[CAUSE_UNCONFIRMED] = STATE_HANDSHAKING,
	[CAUSE_WAITS_FOR_CALL] = STATE_IDLE,
	[CAUSE_UNTOUCHED] = STATE_IDLE,
	[CAUSE_ENDED] = STATE_IDLE,
};

bool state_is_trouble(enum state_word word)
{
	return word == STATE_RESOLVING || word == STATE_STALE || word == STATE_DEAD;
}

bool state_unsettled(const struct peer *p, uint64_t at)
{
	return at && at > p->handshake_at;
}

/* --- the cause --- */

/* Whether data can leave now, or (next) as soon as the other side uses it. */
static bool has_session(const struct peer *p, uint64_t mono)
{
	return p->keyring.current && session_may_send(p->keyring.current, mono);
}

/* The other host reports that nothing listens there, and has sent nothing else since. */
static bool is_refused(const struct peer *p)
{
	const struct faults_icmp *icmp = &p->faults.icmp;

	return icmp->at > p->heard_at && endpoint_same_remote(&icmp->to, &p->endpoint) &&
	       icmp_kind(icmp) == ICMP_KIND_PORT;
}

static enum cause of_session(const struct peer *p, uint64_t mono)
{
	/* Armed by the first data without an answer, 15 s and jitter before it fires. */
	uint64_t unanswered = p->timers.at[TIMER_NEW_HANDSHAKE];
	uint64_t since = unanswered > NEW_HANDSHAKE_NS ? unanswered - NEW_HANDSHAKE_NS : 0;

	if (p->send_error)
		return CAUSE_CANNOT_SEND;
	/* A peer with no data to send answers with a keepalive after ten seconds. */
	if (unanswered && mono > since + KEEPALIVE_TIMEOUT_NS + SECOND_NS)
		return CAUSE_SILENT_SESSION;
	/* That timer has fired, and the handshake it started has no answer either. */
	if (p->timers.at[TIMER_RETRANSMIT] && p->timers.unanswered > 1 &&
	    mono > p->heard_at + NEW_HANDSHAKE_NS)
		return CAUSE_SILENT_SESSION;
	if (p->faults.source_at && mono < p->faults.source_at + recent &&
	    !ip_is_link_local(&p->refused_source))
		return CAUSE_SOURCE;
	return CAUSE_WORKS;
}

static enum cause of_handshake(const struct peer *p)
{
	if (p->send_error)
		return CAUSE_CANNOT_ASK;
	if (state_unsettled(p, p->faults.psk_at))
		return CAUSE_PSK;
	if (is_refused(p))
		return CAUSE_REFUSED;
	return p->timers.unanswered < 2 ? CAUSE_ASKED : CAUSE_NO_ANSWER;
}

/* No session and no handshake of ours under way. */
static enum cause of_quiet(const struct peer *p, uint64_t mono)
{
	if (p->timers.attempts > MAX_TIMER_HANDSHAKES)
		return CAUSE_GAVE_UP;
	if (p->keyring.next && session_may_receive(p->keyring.next, mono))
		return CAUSE_UNCONFIRMED;
	if (!endpoint_known(&p->endpoint))
		return CAUSE_WAITS_FOR_CALL;
	return p->handshake_at ? CAUSE_ENDED : CAUSE_UNTOUCHED;
}

static enum cause decide(const struct peer *p, const struct state_context *around, uint64_t mono)
{
	if (!around->link_up)
		return CAUSE_LINK_DOWN;
	if (!around->have_key)
		return CAUSE_NO_KEY;
	if (has_session(p, mono))
		return of_session(p, mono);
	if (!endpoint_known(&p->endpoint) && around->host)
		return around->why ? CAUSE_NAME_FAILS : CAUSE_NAME_ASKED;
	if (p->timers.at[TIMER_RETRANSMIT])
		return of_handshake(p);
	return of_quiet(p, mono);
}

enum state_word state_glance(const struct peer *p, const struct state_context *around,
			     uint64_t mono)
{
	return words[decide(p, around, mono)];
}

/* --- the words --- */

static void set_reason(struct state *s, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void set_reason(struct state *s, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(s->reason, sizeof(s->reason), format, ap);
	va_end(ap);
}

static unsigned long seconds(uint64_t from, uint64_t to)
{
	return to > from ? (unsigned long)((to - from) / SECOND_NS) : 0;
}

static void say_name(struct state *s, const struct state_context *around, enum cause cause)
{
	if (cause == CAUSE_NAME_FAILS)
		set_reason(s, "%s: %s; retrying within %u s", around->host, around->why,
			   around->retry_seconds);
	else
		set_reason(s, "waiting for the address of %s", around->host);
}

/* For a peer with a session. */
static void say_session(struct state *s, const struct peer *p, enum cause cause, uint64_t mono)
{
	char ip[IP_TEXT];

	switch (cause) {
	case CAUSE_CANNOT_SEND:
		set_reason(s, "cannot send: %s", strerror(p->send_error));
		return;
	case CAUSE_SILENT_SESSION:
		set_reason(s, "sent data, heard nothing for %lu s", seconds(p->heard_at, mono));
		return;
	case CAUSE_SOURCE:
		ip_print(ip, &p->refused_source);
		set_reason(s,
			   "session works; the peer also sends from %s, which is not in its "
			   "AllowedIPs",
			   ip);
		return;
	default:
		set_reason(s, "session works");
		return;
	}
}

static void say_handshake(struct state *s, const struct peer *p, enum cause cause)
{
	char end[ENDPOINT_TEXT];

	endpoint_print(end, &p->endpoint);
	switch (cause) {
	case CAUSE_CANNOT_ASK:
		set_reason(s, "cannot send to %s: %s", end, strerror(p->send_error));
		return;
	case CAUSE_PSK:
		set_reason(s, "%s answers, but the preshared keys differ", end);
		return;
	case CAUSE_REFUSED:
		set_reason(s, "nothing is listening at %s", end);
		return;
	case CAUSE_ASKED:
		set_reason(s, "handshake sent to %s", end);
		return;
	default:
		set_reason(s, "no answer from %s to %u initiations", end, p->timers.unanswered);
		return;
	}
}

static void say_quiet(struct state *s, const struct peer *p, enum cause cause)
{
	switch (cause) {
	case CAUSE_GAVE_UP:
		set_reason(s, "no answer to %u initiations; waiting for traffic",
			   p->timers.attempts + 1);
		return;
	case CAUSE_UNCONFIRMED:
		if (p->faults.unconfirmed > 1)
			set_reason(s, "answered %lu initiations, but none was confirmed",
				   (unsigned long)p->faults.unconfirmed);
		else
			set_reason(s, "answered its initiation; waiting for its first packet");
		return;
	case CAUSE_WAITS_FOR_CALL:
		set_reason(s, "no endpoint; waiting for the peer to connect");
		return;
	case CAUSE_UNTOUCHED:
		set_reason(s, "nothing sent yet; the first packet starts a handshake");
		return;
	default:
		set_reason(s,
			   "session expired without traffic; the next packet starts a handshake");
		return;
	}
}

void state_of(struct state *s, const struct peer *p, const struct state_context *around,
	      uint64_t mono)
{
	enum cause cause = decide(p, around, mono);

	s->word = words[cause];
	if (cause == CAUSE_LINK_DOWN)
		set_reason(s, "the interface is down");
	else if (cause == CAUSE_NO_KEY)
		set_reason(s, "no private key is set");
	else if (cause <= CAUSE_WORKS)
		say_session(s, p, cause, mono);
	else if (cause <= CAUSE_NAME_ASKED)
		say_name(s, around, cause);
	else if (cause <= CAUSE_NO_ANSWER)
		say_handshake(s, p, cause);
	else
		say_quiet(s, p, cause);
}
