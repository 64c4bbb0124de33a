/* SPDX-License-Identifier: ISC */
#include "daemon/state.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "proto/limits.h"

const char *state_name(enum state_word word)
{
	static const char *const names[STATE_COUNT] = {
		[STATE_RESOLVING] = "resolving",
		[STATE_HANDSHAKING] = "handshaking",
		[STATE_UP] = "up",
		[STATE_IDLE] = "idle",
		[STATE_STALE] = "stale",
		[STATE_DEAD] = "dead",
	};

	return (unsigned)word < LEN(names) ? names[word] : "?";
}

static void say(struct state *s, enum state_word word, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void say(struct state *s, enum state_word word, const char *format, ...)
{
	va_list ap;

	s->word = word;
	va_start(ap, format);
	vsnprintf(s->reason, sizeof(s->reason), format, ap);
	va_end(ap);
	/* Host names and error texts come from outside: the line they end up in is key="value". */
	for (char *c = s->reason; *c; c++) {
		if (*c == '"' || *c == '\\' || (unsigned char)*c < ' ' || *c == 127)
			*c = '\'';
	}
}

static unsigned long seconds(uint64_t from, uint64_t to)
{
	return to > from ? (unsigned long)((to - from) / SECOND_NS) : 0;
}

/* Whether data can leave now, or (next) as soon as the other side uses it. */
static bool has_session(const struct peer *p, uint64_t mono)
{
	return p->keyring.current && session_may_send(p->keyring.current, mono);
}

static void say_handshaking(struct state *s, const struct peer *p)
{
	char end[ENDPOINT_TEXT];

	endpoint_print(end, &p->endpoint);
	if (p->send_error) {
		say(s, STATE_HANDSHAKING, "cannot send to %s: %s", end, strerror(p->send_error));
		return;
	}
	if (p->count[FATE_PSK]) {
		say(s, STATE_HANDSHAKING, "%s answers, but preshared keys differ", end);
		return;
	}
	if (p->timers.attempts == 0) {
		say(s, STATE_HANDSHAKING, "asked %s", end);
		return;
	}
	say(s, STATE_HANDSHAKING, "no answer from %s to %u initiations", end,
	    p->timers.attempts + 1);
}

static void say_session(struct state *s, const struct peer *p, uint64_t mono)
{
	/* Armed by the first data without an answer, 15 s and jitter before it fires. */
	uint64_t unanswered = p->timers.at[TIMER_NEW_HANDSHAKE];
	uint64_t since;

	if (p->send_error) {
		say(s, STATE_STALE, "cannot send: %s", strerror(p->send_error));
		return;
	}
	since = unanswered > NEW_HANDSHAKE_NS ? unanswered - NEW_HANDSHAKE_NS : 0;
	if (unanswered && mono > since + KEEPALIVE_TIMEOUT_NS) {
		say(s, STATE_STALE, "sent data, heard nothing for %lu s",
		    seconds(p->heard_at, mono));
		return;
	}
	if (p->count[FATE_SOURCE]) {
		char ip[IP_TEXT];

		ip_print(ip, &p->refused_source);
		say(s, STATE_UP, "session works; it also sends from %s, not in its AllowedIPs", ip);
		return;
	}
	say(s, STATE_UP, "session works");
}

/* No session and no handshake under way. */
static void say_quiet(struct state *s, const struct peer *p, uint64_t mono)
{
	if (p->timers.attempts > MAX_TIMER_HANDSHAKES) {
		say(s, STATE_DEAD, "no answer to %u initiations; waits for traffic",
		    p->timers.attempts + 1);
		return;
	}
	if (p->keyring.next && session_may_receive(p->keyring.next, mono)) {
		say(s, STATE_HANDSHAKING, "answered its initiation; waits for its first packet");
		return;
	}
	if (!endpoint_known(&p->endpoint)) {
		say(s, STATE_IDLE, "no endpoint; waits until the peer calls");
		return;
	}
	if (!p->handshake_at) {
		say(s, STATE_IDLE, "nothing sent yet; the first packet starts a handshake");
		return;
	}
	say(s, STATE_IDLE, "session ended for lack of traffic; the next packet starts a handshake");
}

void state_of(struct state *s, const struct peer *p, const struct state_around *around,
	      uint64_t mono)
{
	if (!around->link_up) {
		say(s, STATE_DEAD, "the interface is down");
		return;
	}
	if (!around->have_key) {
		say(s, STATE_DEAD, "no private key is set");
		return;
	}
	if (has_session(p, mono)) {
		say_session(s, p, mono);
		return;
	}
	if (!endpoint_known(&p->endpoint) && around->host) {
		if (around->why)
			say(s, STATE_RESOLVING, "%s: %s; asks again within %u s", around->host,
			    around->why, around->retry_seconds);
		else
			say(s, STATE_RESOLVING, "waits for the address of %s", around->host);
		return;
	}
	if (p->timers.at[TIMER_RETRANSMIT]) {
		say_handshaking(s, p);
		return;
	}
	say_quiet(s, p, mono);
}
