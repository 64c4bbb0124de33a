/* SPDX-License-Identifier: ISC */
#include "daemon/stamping.h"

#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "daemon/internal.h"
#include "privsep/blob.h"
#include "privsep/stamps.h"
#include "proto/admin.h"
#include "proto/noise.h"

enum {
	LEAD_S = STAMPS_LEAD_S, /* for stamps that are sent until the next time */
	LEAD_DEAD_S = 60,       /* for a peer that was given up, and is asked every 5 s */
	WRONG_S = 120,          /* a clock further behind is told: no lead explains that */
	SHARE = 200, /* each time writes all peers: at most one part in this many of the time */
};

_Static_assert((int)STAMPS_AT == (int)TIMESTAMP_LEN, "the same stamps");

/* --- to the monitor --- */

static unsigned lead(const struct peer *p)
{
	return p->note.given_up && p->heard_at < p->note.given_up ? LEAD_DEAD_S : LEAD_S;
}

/* What the next process has to exceed. It stays, and nothing is written, until that was sent. */
static void renew(struct peer *p)
{
	uint8_t *at = p->note.stamp;

	if (memcmp(p->sent_timestamp, at, STAMPS_AT) <= 0)
		return;
	memcpy(at, p->sent_timestamp, STAMPS_AT);
	store_be64(at, load_be64(at) + lead(p));
}

static void save(struct daemon *d)
{
	uint64_t began = clock_now().mono;
	struct stamping *s = &d->stamping;
	struct print bytes = { 0 };
	int fd;

	s->due = false;
	stamps_begin(&bytes);
	for (struct peer *p = admin_first(&d->datapath.tunnel); p; p = p->next) {
		renew(p);
		stamps_add(&bytes, &p->public_key, p->note.stamp);
	}
	stamps_end(&bytes);
	fd = bytes.failed ? -1 : blob_make(bytes.chars, bytes.len);
	/* Without memory, those before are better than none. */
	if (fd >= 0)
		elevate_reply(d, MESSAGE_STAMP, 0, 0, fd);
	print_fini(&bytes);
	s->saved_at = clock_now().mono;
	s->cost = s->saved_at - began;
}

static void on_timer(struct ev_loop *ev, ev_timer *w, int revents)
{
	(void)ev;
	(void)revents;
	save(w->data);
}

void stamping_soon(struct daemon *d)
{
	struct stamping *s = &d->stamping;
	uint64_t now = clock_now().mono, pause = s->cost * SHARE, at;

	if (s->due)
		return;
	s->due = true;
	at = s->saved_at + (pause > SECOND_NS ? pause : SECOND_NS);
	ev_timer_stop(d->loop.ev, &s->timer);
	ev_timer_set(&s->timer, s->saved_at && at > now ? (double)(at - now) * 1e-9 : 0., 0.);
	ev_timer_start(d->loop.ev, &s->timer);
}

/* --- from the monitor --- */

static uint64_t seconds_of(struct instant now)
{
	uint8_t by_clock[TIMESTAMP_LEN], none[TIMESTAMP_LEN] = { 0 };

	noise_timestamp(by_clock, now.wall, none);
	return load_be64(by_clock);
}

/* The clock is that far behind what an earlier process knew: `why` is to know. */
static void look_at_clock(struct daemon *d, uint64_t behind, struct instant now)
{
	if (behind <= WRONG_S)
		return;
	behind -= LEAD_S;
	if (behind > UINT64_MAX / SECOND_NS)
		behind = UINT64_MAX / SECOND_NS;
	if (d->peerwatch.back_at && d->peerwatch.back_by >= behind * SECOND_NS)
		return;
	d->peerwatch.back_at = now.mono;
	d->peerwatch.back_by = behind * SECOND_NS;
}

void stamping_give(struct daemon *d)
{
	struct instant now = clock_now();
	uint64_t seconds = seconds_of(now);

	for (unsigned i = 0; i < d->stamping.n; i++) {
		struct stamp s = stamps_get(d->stamping.before.chars, i);
		struct peer *p = admin_find(&d->datapath.tunnel, &s.peer);
		uint64_t at = load_be64(s.at);

		if (!p || !admin_sent_before(p, s.at))
			continue;
		memcpy(p->note.stamp, s.at, sizeof(p->note.stamp));
		if (at < seconds)
			continue;
		store_be64(p->note.stamp, at + LEAD_S); /* in the file: stampfile_blob() */
		look_at_clock(d, at - seconds, now);
	}
}

void stamping_open(struct daemon *d, int blob)
{
	struct stamping *s = &d->stamping;
	int n;

	ev_init(&s->timer, on_timer);
	s->timer.data = d;
	if (blob < 0)
		return;
	n = blob_read(blob, &s->before) < 0 ? -1 : stamps_count(s->before.chars, s->before.len);
	close(blob);
	if (n > 0)
		s->n = (unsigned)n;
}

void stamping_close(struct daemon *d)
{
	ev_timer_stop(d->loop.ev, &d->stamping.timer);
	if (d->stamping.due)
		save(d);
	print_fini(&d->stamping.before);
	d->stamping.n = 0;
}
