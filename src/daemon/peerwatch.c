/* SPDX-License-Identifier: ISC */
#include "daemon/peerwatch.h"

#include <inttypes.h>

#include "base/breath.h"
#include "base/clock.h"
#include "base/log.h"
#include "daemon/apply.h"
#include "daemon/internal.h"
#include "daemon/publish.h"
#include "diag/label.h"
#include "proto/admin.h"

enum { LINES = 6 }; /* per peer and period */

static const uint64_t lines_period = 600 * SECOND_NS;
/* Some states change with time alone, so we also look periodically. */
static const double look_seconds = 5.0;
static const double soon_seconds = 0.1;
/* Each look visits all peers: the more peers, the fewer looks. */
static const double peer_seconds = 0.0001;
/* Slewing by NTP is not a jump. */
static const uint64_t jump = 2 * SECOND_NS;

/* --- peers --- */

/* Suppressed lines are reported with the next one that passes. */
static bool may_log(struct peer_note *n, uint64_t mono)
{
	struct log_ratelimit ratelimit = { .since_ns = n->lines_since,
					   .passed = n->lines,
					   .held = n->held };
	uint32_t held = 0;
	bool may = log_ratelimit(&ratelimit, mono, lines_period, LINES, &held);

	n->lines_since = ratelimit.since_ns;
	n->lines = ratelimit.passed;
	n->held = ratelimit.held;
	if (may && held)
		log_info("%" PRIu32 " earlier state changes of the next peer were not logged",
			 held);
	return may;
}

static void tell(struct peer *p, const struct state *s, uint64_t mono)
{
	char who[LABEL_PEER], end[ENDPOINT_TEXT];
	const char *open = " (", *shut = ")";

	if (!may_log(&p->note, mono))
		return;
	label_peer(who, p);
	endpoint_print(end, &p->endpoint);
	if (!*end)
		open = shut = "";
	if (state_is_trouble(s->word))
		log_warn("peer %s%s%s%s is %s: %s", who, open, end, shut, vocabulary_state(s->word),
			 s->reason);
	else
		log_info("peer %s%s%s%s is %s: %s", who, open, end, shut, vocabulary_state(s->word),
			 s->reason);
}

/* Trying and giving up again, with each packet that somebody sends, is not a change. */
static bool is_still_dead(struct peer *p, const struct state *s, uint64_t mono)
{
	bool told = p->note.given_up && p->heard_at < p->note.given_up;

	p->note.given_up = told ? p->note.given_up : 0;
	if (s->word == STATE_DEAD && p->timers.attempts && !told)
		p->note.given_up = mono;
	return told && (s->word == STATE_DEAD || s->word == STATE_HANDSHAKING);
}

void peerwatch_look(struct daemon *d, struct peer *p, struct instant now)
{
	uint8_t word = (uint8_t)(daemon_peer_word(d, p, now.mono) + 1);
	/* Just added, or the link was down: being idle is not news then. */
	bool begins = p->note.word == 0 || p->note.word == STATE_DEAD + 1;
	struct state state;

	if (p->note.word == word)
		return;
	publish_state(d, p, p->note.word - 1, now);
	p->note.word = word;
	p->note.since = now.mono;
	/* The link has its own line when it goes down. */
	if ((begins && word == STATE_IDLE + 1) || !d->datapath.tunnel.up)
		return;
	daemon_peer_state(d, p, now.mono, &state);
	if (!is_still_dead(p, &state, now.mono))
		tell(p, &state, now.mono);
}

/* --- the clock --- */

static void look_at_clock(struct peerwatch *c, struct instant now)
{
	/* A monotonic clock that stops while the host sleeps: the wall clock then leaps ahead. */
	uint64_t offset = now.wall - clock_monotonic_us() * 1000;
	uint64_t back = c->offset - offset;

	if (c->looked && (int64_t)back > (int64_t)jump) {
		c->back_at = now.mono;
		c->back_by = back;
		log_warn("the clock of this host was set back by %" PRIu64 " s; handshakes go on "
			 "from the time before",
			 back / SECOND_NS);
	}
	c->offset = offset;
	c->looked = true;
}

/* --- the timer --- */

static void plan(struct daemon *d, double after)
{
	ev_timer *w = &d->peerwatch.look;

	ev_timer_stop(d->loop.ev, w);
	ev_timer_set(w, after + peer_seconds * (double)admin_count(&d->datapath.tunnel), 0.);
	ev_timer_start(d->loop.ev, w);
}

static void on_look(struct ev_loop *ev, ev_timer *w, int revents)
{
	struct daemon *d = w->data;
	struct instant now = clock_now();

	(void)ev;
	(void)revents;
	look_at_clock(&d->peerwatch, now);
	for (struct peer *p = admin_first(&d->datapath.tunnel); p; p = p->next) {
		breath();
		peerwatch_look(d, p, now);
	}
	plan(d, look_seconds);
}

void peerwatch_soon(struct daemon *d)
{
	if (d->peerwatch.running &&
	    ev_timer_remaining(d->loop.ev, &d->peerwatch.look) > soon_seconds)
		plan(d, soon_seconds);
}

void peerwatch_start(struct daemon *d)
{
	ev_init(&d->peerwatch.look, on_look);
	d->peerwatch.look.data = d;
	d->peerwatch.running = true;
	look_at_clock(&d->peerwatch, clock_now());
	plan(d, soon_seconds);
}

void peerwatch_stop(struct daemon *d)
{
	if (d->peerwatch.running)
		ev_timer_stop(d->loop.ev, &d->peerwatch.look);
	d->peerwatch.running = false;
}
