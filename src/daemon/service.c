/* SPDX-License-Identifier: ISC */
#include "daemon/service.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

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
		daemon_peer_state(d, p, mono, &state);
		summary_add(s, p, &state);
	}
}

/* Write s->text. true: it is worth sending. */
static bool write_text(struct daemon *d, struct summary *new)
{
	struct service *s = &d->service;
	char text[SUMMARY_TEXT];
	bool changed;

	summarize(d, new);
	summary_print(text, new);
	changed = !summary_equal(new, &s->told) ||
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

static void on_look(struct ev_loop *ev, ev_timer *w, int revents)
{
	char line[SUMMARY_TEXT + sizeof("STATUS=")];
	struct daemon *d = w->data;
	struct summary new;

	(void)ev;
	(void)revents;
	if (write_text(d, &new)) {
		snprintf(line, sizeof(line), "STATUS=%s", d->service.text);
		if (notify_send(&d->service.notify, line) == 0)
			note_told(d, &new);
		else
			d->service.told.n = new.n + 1; /* sent the next time */
	}
	plan_look(d, look_seconds);
}

void service_look(struct daemon *d)
{
	struct service *s = &d->service;

	if (d->phase != PHASE_UP || s->notify.fd < 0)
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
		notify_send(&d->service.notify, "WATCHDOG=1");
	if (!sound && !d->service.unsound)
		log_error("the device or a socket keeps failing; the service manager will restart "
			  "taut");
	d->service.unsound = !sound;
}

static void start_timers(struct daemon *d)
{
	struct service *s = &d->service;
	double interval = (double)s->notify.watchdog_us * 1e-6 / 3.;

	s->ev = d->loop.ev;
	s->look.data = s->ping.data = d;
	plan_look(d, soon_seconds);
	if (s->notify.watchdog_us == 0)
		return;
	notify_send(&s->notify, "WATCHDOG=1");
	ev_timer_set(&s->ping, interval, interval);
	ev_timer_start(d->loop.ev, &s->ping);
}

/* --- milestones --- */

void service_ready(struct daemon *d)
{
	char line[SUMMARY_TEXT + sizeof("READY=1\nSTATUS=")];
	struct service *s = &d->service;
	struct summary new;
	int r;

	if (s->notify.fd < 0 || phase_is_over(d->phase))
		return;
	write_text(d, &new);
	summary_print(s->text, &new);
	snprintf(line, sizeof(line), "READY=1\nSTATUS=%s", s->text);
	r = notify_insist(&s->notify, line);
	if (r < 0)
		log_warn("cannot tell the service manager that the tunnel is up: %s", strerror(-r));
	note_told(d, &new);
	if (!s->ev)
		start_timers(d);
}

void service_reloading(struct daemon *d)
{
	char line[64];

	snprintf(line, sizeof(line), "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, clock_monotonic_us());
	notify_insist(&d->service.notify, line);
}

void service_stopping(struct daemon *d)
{
	ev_timer_stop(d->loop.ev, &d->service.look);
	notify_insist(&d->service.notify, "STOPPING=1\nSTATUS=stopping");
}

void service_open(struct service *s)
{
	*s = (struct service){ 0 };
	notify_open(&s->notify);
	ev_init(&s->look, on_look);
	ev_init(&s->ping, on_ping);
}

void service_close(struct service *s)
{
	if (s->ev) {
		ev_timer_stop(s->ev, &s->look);
		ev_timer_stop(s->ev, &s->ping);
	}
	s->ev = NULL;
	notify_close(&s->notify);
}
