/* SPDX-License-Identifier: ISC */
#include "daemon/handover.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/breath.h"
#include "base/clock.h"
#include "base/mem.h"
#include "conf/conf_pack.h"
#include "daemon/apply.h"
#include "daemon/internal.h"
#include "daemon/linkwatch.h"
#include "daemon/snapshot.h"
#include "privsep/blob.h"
#include "proto/admin.h"
#include "proto/limits.h"

static const double soon_seconds = 1.0;
/* Each time writes all peers: at most one part in this many of the time goes into it. */
enum { SHARE_CHANGED = 20, SHARE_SOON = 200 };

/* Names of peers and of their endpoints, which the control protocol has no words for. */
static int add_names(const struct daemon *d, struct conf *run)
{
	const struct peer *p = admin_first(&d->datapath.tunnel);

	for (size_t i = 0; i < run->n_peer && p; i++, p = p->next) {
		const struct name *name = names_of(&d->names, &p->public_key);

		breath();
		memcpy(run->peer[i].name, p->note.name, sizeof(run->peer[i].name));
		if (!name)
			continue;
		run->peer[i].host = mem_text(name->host, strlen(name->host));
		if (!run->peer[i].host)
			return -ENOMEM;
		run->peer[i].port = name->port;
		run->peer[i].set |= CONF_PEER_ENDPOINT;
	}
	return 0;
}

void handover_save(struct daemon *d)
{
	uint64_t began = clock_spent();
	struct print bytes = { 0 };
	struct conf run;
	int fd = -1, r;

	ev_timer_stop(d->loop.ev, &d->handover.timer);
	conf_init(&run);
	r = snapshot(&d->datapath.tunnel, &run);
	if (r == 0)
		r = add_names(d, &run);
	if (r == 0) {
		conf_pack(&bytes, &d->conf);
		conf_pack(&bytes, &run);
		breath();
		fd = bytes.failed ? -ENOMEM : blob_make(bytes.chars, bytes.len);
	}
	breath();
	/* Without memory, the one before is better than none. */
	if (fd >= 0)
		elevate_reply(d, MESSAGE_STATE, 0, 0, fd);
	print_fini(&bytes);
	conf_fini(&run);
	d->handover.saved_at = clock_now().mono;
	d->handover.cost = clock_spent() - began;
}

static void on_timer(struct ev_loop *ev, ev_timer *w, int revents)
{
	(void)ev;
	(void)revents;
	handover_save(w->data);
}

/* Until the last one has cost no more than its share. */
static double wait_seconds(const struct daemon *d, unsigned share)
{
	const struct handover *h = &d->handover;
	uint64_t now = clock_now().mono, due = h->saved_at + h->cost * share;

	return due > now ? (double)(due - now) * 1e-9 : 0.;
}

static void plan_save(struct daemon *d, double after)
{
	ev_timer *w = &d->handover.timer;

	if (ev_is_active(w) && ev_timer_remaining(d->loop.ev, w) <= after)
		return;
	ev_timer_stop(d->loop.ev, w);
	ev_timer_set(w, after, 0.);
	ev_timer_start(d->loop.ev, w);
}

void handover_changed(struct daemon *d)
{
	double after = wait_seconds(d, SHARE_CHANGED);

	if (!d->configured)
		return;
	if (after > 0.)
		plan_save(d, after);
	else
		handover_save(d);
}

void handover_soon(struct daemon *d)
{
	double after = wait_seconds(d, SHARE_SOON);

	if (d->configured)
		plan_save(d, after > soon_seconds ? after : soon_seconds);
}

static int unpack(struct daemon *d, int fd, struct conf *run)
{
	struct print bytes = { 0 };
	struct text rest;
	int r;

	r = blob_read(fd, &bytes);
	if (r == 0) {
		rest = text_from(bytes.chars, bytes.len);
		r = conf_unpack(&d->conf, &rest);
		if (r == 0)
			r = conf_unpack(run, &rest);
	}
	print_fini(&bytes);
	return r;
}

/* They were found before, so that is where to look first. */
static void find_peers(struct daemon *d, const struct conf *run)
{
	for (size_t i = 0; i < run->n_peer; i++) {
		const struct conf_peer *c = &run->peer[i];
		struct peer *p = admin_find(&d->datapath.tunnel, &c->public_key);

		if (!p || !endpoint_known(&c->endpoint))
			continue;
		if (c->host)
			admin_candidates(&d->datapath.tunnel, p, &c->endpoint, 1, clock_now());
		else
			admin_endpoint(&d->datapath.tunnel, p, &c->endpoint);
	}
}

/* Those that had a session may be sending us what we can no longer read. */
static void resume(struct daemon *d, const struct conf *run, struct instant now)
{
	for (size_t i = 0; i < run->n_peer; i++) {
		const struct conf_peer *c = &run->peer[i];
		struct peer *p = admin_find(&d->datapath.tunnel, &c->public_key);

		if (p && c->handshake_sec && endpoint_known(&p->endpoint) &&
		    (c->handshake_sec * SECOND_NS) + REJECT_AFTER_TIME_NS > now.wall)
			admin_handshake(&d->datapath.tunnel, p, now);
	}
}

int handover_load(struct daemon *d, int fd)
{
	struct instant now = clock_now();
	struct print unread = { 0 };
	struct conf run, nothing;
	int r;

	conf_init(&run);
	conf_init(&nothing);
	r = unpack(d, fd, &run);
	if (r == 0)
		r = apply_file(&d->datapath.tunnel, &d->names, &run, &nothing, now, &unread);
	if (r == 0) {
		stamping_give(d);
		find_peers(d, &run);
		linkwatch_adopt(d);
		resume(d, &run, now);
	}
	print_fini(&unread);
	conf_fini(&run);
	conf_fini(&nothing);
	return r;
}

void handover_open(struct daemon *d)
{
	ev_init(&d->handover.timer, on_timer);
	d->handover.timer.data = d;
}

void handover_close(struct daemon *d)
{
	ev_timer_stop(d->loop.ev, &d->handover.timer);
}
