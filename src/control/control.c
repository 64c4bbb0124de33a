/* SPDX-License-Identifier: ISC */
#include "control/control.h"

#include <errno.h>
#include <ev.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/log.h"
#include "base/mem.h"
#include "control/client.h"
#include "control/rights.h"
#include "control/subscribers.h"
#include "control/unixsock.h"

enum { CLIENTS = 32, ACCEPTS = 8 };

#define STALL_S   5.0
#define REQUEST_S 60.0
#define IDLE_S    30.0
#define PAUSE_S   1.0
#define QUIET_S   0.1
#define MINUTE_NS ((uint64_t)60000000000)

struct control {
	struct client_home home;
	struct rights_rule rule;
	enum rights fixed; /* of every client, if a test says so */
	bool is_fixed;
	struct subscribers subscribers;
	int fd;
	unsigned clients;
	bool serves;
	double pause_s, quiet_s;
	ev_io accept;
	ev_timer pause; /* a shortage: nobody is accepted before it is over */
	ev_timer full;  /* all places are taken, by clients that are not silent for long enough */
	struct log_ratelimit ratelimit;
};

int control_listen(const char *name, int *fd)
{
	gid_t group = (gid_t)-1;

	conf_service_group(&group);
	return unixsock_listen(CONTROL_DIR, name, group, fd);
}

int control_sweep(const char *name)
{
	return unixsock_sweep(CONTROL_DIR, name);
}

int control_connect_within(const char *name, unsigned ms)
{
	return unixsock_connect(CONTROL_DIR, name, ms);
}

int control_connect(const char *name)
{
	return control_connect_within(name, CONTROL_PATIENCE_MS);
}

/* A silent client leaves; a guest only ever takes the place of a guest. false: there is none. */
static bool make_room(struct control *c, bool guest)
{
	struct client *silent = client_silent(&c->home, guest, c->quiet_s);

	if (silent)
		client_free(silent);
	return silent;
}

/*
 * The modes of directory and file keep most others out; this holds even if they were changed.
 * Half of the places are kept for those who may stop the tunnel.
 */
static bool admit(struct control *c, int fd)
{
	enum rights rights = c->is_fixed ? c->fixed : rights_of(&c->rule, fd);
	bool guest = rights != RIGHTS_ALL;

	if ((guest && c->home.guests >= (c->clients + 1) / 2) || c->home.n >= c->clients) {
		if (!make_room(c, guest))
			return false;
	}
	return client_new(&c->home, fd, rights) == 0;
}

/* Also when all places are taken: somebody may have become silent until the next one comes. */
static void listen_again(struct control *c)
{
	if (!c->serves || ev_is_active(&c->pause))
		return;
	ev_timer_stop(c->home.loop, &c->full);
	ev_io_start(c->home.loop, &c->accept);
}

static void on_gone(struct client_home *home)
{
	listen_again(CONTAINER(home, struct control, home));
}

static void on_pause_over(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct control *c = CONTAINER(timer, struct control, pause);

	(void)events;
	ev_timer_stop(loop, timer);
	listen_again(c);
}

static void on_full(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	listen_again(CONTAINER(timer, struct control, full));
}

static bool is_shortage(int err)
{
	return err == EMFILE || err == ENFILE || err == ENOBUFS || err == ENOMEM;
}

/* It may last, and one line a minute is enough. */
static void log_shortage(struct control *c)
{
	uint64_t now = (uint64_t)(ev_now(c->home.loop) * 1e9);

	if (log_ratelimit(&c->ratelimit, now, MINUTE_NS, 1, NULL))
		log_warn("control socket: cannot accept a connection: %m");
}

/* The connection stays in the backlog and would keep waking us. */
static void stop_accepting(struct control *c, ev_timer *timer, double wait_s)
{
	ev_io_stop(c->home.loop, &c->accept);
	ev_timer_set(timer, wait_s, 0);
	ev_timer_start(c->home.loop, timer);
}

static void on_accept(struct ev_loop *loop, ev_io *io, int events)
{
	struct control *c = CONTAINER(io, struct control, accept);
	int i, fd;

	(void)loop;
	(void)events;
	for (i = 0; i < ACCEPTS; i++) {
		if (c->home.n >= c->clients && !client_silent(&c->home, false, c->quiet_s)) {
			stop_accepting(c, &c->full, c->quiet_s);
			return;
		}
		fd = accept4(c->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0 && is_shortage(errno)) {
			log_shortage(c);
			stop_accepting(c, &c->pause, c->pause_s);
			return;
		}
		if (fd < 0)
			return;
		if (!admit(c, fd))
			close(fd);
	}
}

static double seconds(double given, double usual)
{
	return given > 0 ? given : usual;
}

int control_open_with(struct control **out, struct ev_loop *loop, const struct control_calls *calls,
		      void *ctx, const char *name, int fd, const struct control_limits *limits)
{
	struct control *c = mem_new(sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->home.loop = loop;
	c->home.calls = calls;
	c->home.ctx = ctx;
	c->home.subscribers = &c->subscribers;
	c->home.gone = on_gone;
	c->home.stall_s = seconds(limits->stall_s, STALL_S);
	c->home.request_s = seconds(limits->request_s, REQUEST_S);
	c->home.idle_s = seconds(limits->idle_s, IDLE_S);
	subscribers_open(&c->subscribers, loop, name, c->home.request_s);
	c->pause_s = seconds(limits->pause_s, PAUSE_S);
	c->quiet_s = seconds(limits->quiet_s, QUIET_S);
	c->clients = limits->clients ? limits->clients : CLIENTS;
	c->rule = rights_rule();
	c->is_fixed = limits->rights;
	if (limits->rights)
		c->fixed = *limits->rights;
	c->fd = fd;
	ev_io_init(&c->accept, on_accept, fd, EV_READ);
	ev_init(&c->pause, on_pause_over);
	ev_init(&c->full, on_full);
	*out = c;
	return 0;
}

int control_open(struct control **c, struct ev_loop *loop, const struct control_calls *calls,
		 void *ctx, const char *name, int fd)
{
	return control_open_with(c, loop, calls, ctx, name, fd,
				 &(const struct control_limits){ 0 });
}

void control_serve(struct control *c)
{
	c->serves = true;
	listen_again(c);
}

void control_answer(struct control *c, uint64_t ticket, int result, const struct print *lines)
{
	if (c)
		client_answer(&c->home, ticket, result, lines);
}

struct subscribers *control_subscribers(struct control *c)
{
	return c ? &c->subscribers : NULL;
}

void control_close(struct control *c)
{
	if (!c)
		return;
	subscribers_close(&c->subscribers);
	while (c->home.first)
		client_free(c->home.first);
	ev_io_stop(c->home.loop, &c->accept);
	ev_timer_stop(c->home.loop, &c->pause);
	ev_timer_stop(c->home.loop, &c->full);
	close(c->fd);
	mem_free(c);
}
