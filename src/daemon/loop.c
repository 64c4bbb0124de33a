/* SPDX-License-Identifier: ISC */
#include "daemon/loop.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/breath.h"
#include "base/bytes.h"
#include "base/clock.h"

enum { TICKS = 8 };

static const uint64_t breath_ns = 2 * SECOND_NS / 1000;

static const double backoff_seconds = 0.1;

/* --- time --- */

static void arm(struct loop *l, uint64_t at)
{
	struct itimerspec when = { 0 };

	/* Zero would disarm it; any moment in the past fires at once. */
	if (at == 0)
		at = 1;
	when.it_value.tv_sec = (time_t)(at / SECOND_NS);
	when.it_value.tv_nsec = (long)(at % SECOND_NS);
	if (timerfd_settime(l->timer_fd, TFD_TIMER_ABSTIME, &when, NULL) == 0)
		l->armed = at;
}

/* What has to be done at a promised time. */
static uint64_t deadline(const struct loop *l)
{
	uint64_t core = tunnel_deadline(&l->path->tunnel), full = datapath_deadline(l->path);

	return core < full ? core : full;
}

static void tick(struct loop *l, struct instant now)
{
	uint64_t due = tunnel_deadline(&l->path->tunnel);

	/* Zero means work without a promised time. */
	if (due && due < now.mono && now.mono - due > l->late_max)
		l->late_max = now.mono - due;
	if (datapath_deadline(l->path) <= now.mono) {
		datapath_unblock(l->path, now);
		l->pump.ready |= PUMP_DEVICE;
	}
	datapath_tick(l->path, now);
}

static void on_timer(struct ev_loop *ev, ev_io *w, int revents)
{
	struct loop *l = w->data;
	uint64_t times;

	(void)ev;
	(void)revents;
	if (read(l->timer_fd, &times, sizeof(times)) < 0)
		return;
	l->armed = UINT64_MAX;
	tick(l, clock_now());
}

static void tell_events(struct loop *l)
{
	l->busy = true;
	if (l->path->tunnel.event_count)
		datapath_events(l->path, clock_now());
	l->busy = false;
}

/*
 * Run what has become due in the core during this pass, and set the timer.  A timer
 * that is set too early is left alone: it is corrected when it fires.
 */
static void run_core(struct loop *l)
{
	uint64_t due;

	for (int i = 0; i < TICKS; i++) {
		struct instant now;

		tell_events(l);
		due = deadline(l);
		if (due >= l->armed)
			return;
		now = clock_now();
		if (due > now.mono)
			break;
		tick(l, now);
	}
	tell_events(l);
	due = deadline(l);
	if (due < l->armed)
		arm(l, due);
}

/* --- data --- */

static void on_socket(struct ev_loop *ev, ev_io *w, int revents)
{
	struct loop *l = w->data;

	(void)ev;
	(void)revents;
	l->pump.ready |= 1u << (w - l->socket);
}

/* One of those apart, which never have data: it is an error, whatever was waited for. */
static void on_apart(struct ev_loop *ev, ev_io *w, int revents)
{
	struct loop *l = w->data;

	(void)ev;
	(void)revents;
	datapath_from_apart(l->path, (int)(w - l->socket), clock_now());
}

static void on_device(struct ev_loop *ev, ev_io *w, int revents)
{
	struct loop *l = w->data;

	(void)ev;
	(void)revents;
	l->pump.ready |= PUMP_DEVICE;
}

static void on_writable(struct ev_loop *ev, ev_io *w, int revents)
{
	struct loop *l = w->data;

	(void)ev;
	(void)revents;
	datapath_unblock(l->path, clock_now());
	/* What the device holds meanwhile is read in the same pass. */
	l->pump.ready |= PUMP_DEVICE;
}

static void stop_or_start(struct loop *l, ev_io *w, bool wanted)
{
	if (wanted && !ev_is_active(w))
		ev_io_start(l->ev, w);
	if (!wanted && ev_is_active(w))
		ev_io_stop(l->ev, w);
}

static void on_backoff_over(struct ev_loop *ev, ev_timer *w, int revents)
{
	struct loop *l = w->data;

	(void)ev;
	(void)revents;
	l->pump.backing_off = 0;
}

/* Their events wait for the end of the pass, unless peers change. */
static void breathe(void *ctx)
{
	struct loop *l = ctx;
	const struct datapath *p = l->path;
	struct instant now = clock_now();

	if (l->busy || p->device_gone || now.mono - l->breathed < breath_ns)
		return;
	for (int i = 0; i < UDP_SOCKETS; i++)
		l->pump.ready |= p->udp.fd[i] >= 0 ? 1u << i : 0;
	l->busy = true;
	datapath_unblock(l->path, now);
	pump_run(&l->pump, now);
	if (l->settle)
		datapath_quiesce(l->path, now);
	l->busy = false;
	l->breathed = clock_now().mono;
}

/* A full socket stops reading from the device, until the socket is writable again. */
static void choose_watchers(struct loop *l)
{
	const struct datapath *p = l->path;

	for (int i = 0; i < UDP_WAYS; i++) {
		bool rests = i < UDP_SOCKETS && (l->pump.backing_off & 1u << i);

		stop_or_start(l, &l->socket[i], p->udp.fd[i] >= 0 && !rests);
	}
	stop_or_start(l, &l->device,
		      p->dev.fd >= 0 && !l->gone && p->blocked < 0 &&
			      !(l->pump.backing_off & PUMP_DEVICE));
	if (ev_is_active(&l->writable) &&
	    (p->blocked < 0 || l->writable.fd != p->udp.fd[p->blocked]))
		ev_io_stop(l->ev, &l->writable);
	if (p->blocked >= 0 && !ev_is_active(&l->writable)) {
		ev_io_set(&l->writable, p->udp.fd[p->blocked], EV_WRITE);
		ev_io_start(l->ev, &l->writable);
	}
	if (l->pump.backing_off && !ev_is_active(&l->backoff)) {
		ev_timer_set(&l->backoff, backoff_seconds, 0.);
		ev_timer_start(l->ev, &l->backoff);
	}
}

/* Waiting for room in a full socket counts as waiting for the device, too. */
static void note_watchers(struct loop *l)
{
	for (int i = 0; i < UDP_SOCKETS; i++) {
		if (ev_is_active(&l->socket[i]))
			l->watched |= 1u << i;
	}
	if (ev_is_active(&l->device) || ev_is_active(&l->writable))
		l->watched |= PUMP_DEVICE;
}

/* After all other callbacks of the pass. */
static void on_check(struct ev_loop *ev, ev_check *w, int revents)
{
	struct loop *l = w->data;
	struct instant now = clock_now();

	(void)ev;
	(void)revents;
	l->busy = true;
	if (l->pump.ready)
		pump_run(&l->pump, now);
	l->busy = false;
	l->breathed = now.mono;
	if (l->path->device_gone && !l->gone) {
		l->gone = true;
		l->calls->device_gone(l->ctx);
	}
}

static void tell_initiations(struct loop *l)
{
	uint64_t sent = l->path->tunnel.initiations_sent;

	if (sent == l->initiations)
		return;
	l->initiations = sent;
	if (l->calls->initiated)
		l->calls->initiated(l->ctx);
}

/* Before the loop goes to sleep. */
static void on_prepare(struct ev_loop *ev, ev_prepare *w, int revents)
{
	struct loop *l = w->data;

	(void)ev;
	(void)revents;
	run_core(l);
	tell_initiations(l);
	choose_watchers(l);
	note_watchers(l);
}

/* --- the rest --- */

static void on_netlink(struct ev_loop *ev, ev_io *w, int revents)
{
	struct loop *l = w->data;

	(void)ev;
	(void)revents;
	l->calls->netlink(l->ctx);
}

static void on_routes(struct ev_loop *ev, ev_io *w, int revents)
{
	struct loop *l = w->data;

	(void)ev;
	(void)revents;
	l->calls->routes(l->ctx);
}

static void init_watchers(struct loop *l)
{
	ev_io_init(&l->timer, on_timer, l->timer_fd, EV_READ);
	ev_io_init(&l->device, on_device, -1, EV_READ);
	ev_io_init(&l->writable, on_writable, -1, EV_WRITE);
	ev_io_init(&l->netlink, on_netlink, -1, EV_READ);
	ev_io_init(&l->routes, on_routes, -1, EV_READ);
	ev_timer_init(&l->backoff, on_backoff_over, backoff_seconds, 0.);
	ev_prepare_init(&l->prepare, on_prepare);
	ev_check_init(&l->check, on_check);
	for (int i = 0; i < UDP_WAYS; i++) {
		ev_io_init(&l->socket[i], i < UDP_SOCKETS ? on_socket : on_apart, -1, EV_READ);
		l->socket[i].data = l;
	}
	l->timer.data = l->device.data = l->writable.data = l->netlink.data = l;
	l->routes.data = l;
	l->backoff.data = l->prepare.data = l->check.data = l;
	ev_set_priority(&l->timer, EV_MAXPRI);
	ev_set_priority(&l->check, EV_MINPRI);
}

int loop_open(struct loop *l, struct datapath *path, const struct loop_calls *calls, void *ctx)
{
	*l = (struct loop){ .path = path, .calls = calls, .ctx = ctx, .armed = UINT64_MAX };
	pump_init(&l->pump, path);
	l->timer_fd = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	if (l->timer_fd < 0)
		return -errno;
	/* Not the default loop: that would also wait for children that are not its own. */
	l->ev = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);
	if (!l->ev) {
		close(l->timer_fd);
		return -ENOSYS;
	}
	path->heard = calls->event;
	path->ctx = ctx;
	init_watchers(l);
	ev_io_start(l->ev, &l->timer);
	ev_prepare_start(l->ev, &l->prepare);
	ev_check_start(l->ev, &l->check);
	return 0;
}

void loop_close(struct loop *l)
{
	if (!l->ev)
		return;
	ev_io_stop(l->ev, &l->timer);
	ev_io_stop(l->ev, &l->device);
	ev_io_stop(l->ev, &l->writable);
	ev_io_stop(l->ev, &l->netlink);
	ev_io_stop(l->ev, &l->routes);
	ev_timer_stop(l->ev, &l->backoff);
	ev_prepare_stop(l->ev, &l->prepare);
	ev_check_stop(l->ev, &l->check);
	for (int i = 0; i < UDP_WAYS; i++)
		ev_io_stop(l->ev, &l->socket[i]);
	ev_loop_destroy(l->ev);
	close(l->timer_fd);
	l->path->heard = NULL;
	l->ev = NULL;
}

static void follow(struct loop *l, ev_io *w, int fd)
{
	/* Even for the same number: it may be another file by now. */
	ev_io_stop(l->ev, w);
	ev_io_set(w, fd, EV_READ);
	if (fd >= 0)
		ev_io_start(l->ev, w);
}

void loop_follow_datapath(struct loop *l)
{
	const struct datapath *p = l->path;

	ev_io_stop(l->ev, &l->writable);
	for (int i = 0; i < UDP_WAYS; i++)
		follow(l, &l->socket[i], p->udp.fd[i]);
	follow(l, &l->device, p->dev.fd);
	l->pump.ready = 0;
	l->gone = p->device_gone;
}

void loop_follow_netlink(struct loop *l, int fd)
{
	follow(l, &l->netlink, fd);
}

void loop_follow_routes(struct loop *l, int fd)
{
	follow(l, &l->routes, fd);
}

void loop_run(struct loop *l)
{
	breath_set(breathe, l);
	ev_run(l->ev, 0);
	breath_set(NULL, NULL);
	tell_initiations(l); /* of the last pass */
}

void loop_break(struct loop *l)
{
	ev_break(l->ev, EVBREAK_ONE);
}

bool loop_is_sound(struct loop *l, double seconds)
{
	const struct datapath *p = l->path;
	bool sound = true;

	/* What was opened a moment ago is watched, but the loop has not slept since. */
	note_watchers(l);
	for (int i = 0; i <= UDP_SOCKETS; i++) {
		int fd = i < UDP_SOCKETS ? p->udp.fd[i] : p->dev.fd;

		if (fd < 0)
			continue;
		/* One failure is tolerable: each is followed by a rest. */
		if (!(l->watched & 1u << i) || l->pump.failed[i] * backoff_seconds > seconds / 2)
			sound = false;
		l->pump.failed[i] = 0;
	}
	l->watched = 0;
	return sound;
}
