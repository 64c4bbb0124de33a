/* SPDX-License-Identifier: ISC */
#include "daemon/service.h"

#include <string.h>

#include "base/breath.h"
#include "base/clock.h"
#include "daemon/internal.h"
#include "proto/admin.h"

/* Some states change with time alone, so we also look periodically. */
static const double look_seconds = 5.0;
static const double soon_seconds = 0.1;
/* Each look visits all peers: the more peers, the fewer looks. */
static const double peer_seconds = 0.001;
/* For reasons that contain seconds. */
static const double reason_seconds = 10.0;

/* --- state --- */

static void summarize(struct daemon *d, struct summary *s)
{
	uint64_t mono = clock_now().mono;
	struct state state;

	*s = (struct summary){ 0 };
	for (const struct peer *p = admin_first(&d->datapath.tunnel); p; p = p->next) {
		breath();
		daemon_peer_state(d, p, mono, &state);
		summary_add(s, p, &state);
	}
}

/* Write s->text. true: it is worth sending, or to be sent anyway. */
static bool write_text(struct daemon *d, struct summary *new, bool anyway)
{
	struct service *s = &d->service;
	char text[SUMMARY_TEXT];
	bool changed;

	summarize(d, new);
	summary_print(text, new);
	changed = anyway || !summary_equal(new, &s->told) ||
		  (strcmp(text, s->text) != 0 && ev_now(d->loop.ev) - s->told_at >= reason_seconds);
	if (changed)
		memcpy(s->text, text, sizeof(text));
	return changed;
}

static void note_told(struct daemon *d, const struct summary *new)
{
	d->service.told = *new;
	d->service.told_at = ev_now(d->loop.ev);
}

static void plan_look(struct daemon *d, double after)
{
	ev_timer *w = &d->service.look;

	ev_timer_stop(d->loop.ev, w);
	ev_timer_set(w, after + peer_seconds * (double)d->service.told.n, 0.);
	ev_timer_start(d->loop.ev, w);
}

static void tell(struct daemon *d, bool anyway)
{
	struct summary new;

	if (!write_text(d, &new, anyway))
		return;
	elevate_text(d, MESSAGE_NOTE, d->service.text);
	note_told(d, &new);
}

static void on_look(struct ev_loop *ev, ev_timer *w, int revents)
{
	struct daemon *d = w->data;

	(void)ev;
	(void)revents;
	tell(d, false);
	plan_look(d, look_seconds);
}

void service_look(struct daemon *d)
{
	struct service *s = &d->service;

	if (!d->up || !d->service.wanted)
		return;
	if (ev_timer_remaining(d->loop.ev, &s->look) > soon_seconds)
		plan_look(d, soon_seconds);
}

/* --- life --- */

static void on_ping(struct ev_loop *ev, ev_timer *w, int revents)
{
	struct daemon *d = w->data;
	bool sound = loop_is_sound(&d->loop, w->repeat);

	(void)ev;
	(void)revents;
	if (sound)
		elevate_tell(d, MESSAGE_ALIVE, 0);
	if (!sound && !d->service.unsound)
		log_error("the device or a socket keeps failing; the service manager will restart "
			  "taut");
	d->service.unsound = !sound;
}

void service_tell(struct daemon *d)
{
	if (d->service.wanted)
		tell(d, true);
}

void service_up(struct daemon *d)
{
	if (!d->service.wanted)
		return;
	tell(d, false);
	plan_look(d, soon_seconds);
}

void service_open(struct daemon *d, bool wanted, uint64_t watchdog_us)
{
	double interval = (double)watchdog_us * 1e-6 / 3.;
	struct service *s = &d->service;

	s->wanted = wanted;
	ev_init(&s->look, on_look);
	ev_init(&s->ping, on_ping);
	s->look.data = s->ping.data = d;
	if (!watchdog_us)
		return;
	ev_timer_set(&s->ping, 0., interval);
	ev_timer_again(d->loop.ev, &s->ping);
}

void service_close(struct daemon *d)
{
	ev_timer_stop(d->loop.ev, &d->service.look);
	ev_timer_stop(d->loop.ev, &d->service.ping);
}
