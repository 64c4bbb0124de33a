/* SPDX-License-Identifier: ISC */
#include "control/control.h"

#include <errno.h>
#include <ev.h>
#include <sys/inotify.h>
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
#define MINUTE_NS ((uint64_t)60000000000)
#define LOOK_S    2.0 /* between looks at the file, where inotify is not available */

struct control {
	struct client_home home;
	struct rights_rule rule;
	enum rights fixed; /* of every client, if a test says so */
	bool is_fixed;
	struct subscribers subscribers;
	int fd, notify;
	unsigned clients;
	double pause_s;
	ev_io accept, watch;
	ev_timer pause, look;
	struct log_ratelimit ratelimit;
	struct stat id; /* of the socket's file, as long as it is ours */
	bool gone;
	char path[UNIXSOCK_PATH_MAX];
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

int control_connect(const char *name)
{
	return unixsock_connect(CONTROL_DIR, name);
}

/*
 * The modes of directory and file keep most others out; this holds even if they were changed.
 * Half of the places are kept for those who may stop the tunnel.
 */
static bool admit(struct control *c, int fd)
{
	enum rights rights = c->is_fixed ? c->fixed : rights_of(&c->rule, fd);

	if (rights != RIGHTS_ALL && c->home.guests >= (c->clients + 1) / 2)
		return false;
	return client_new(&c->home, fd, rights) == 0;
}

static void listen_again(struct control *c)
{
	if (c->home.n < c->clients && !ev_is_active(&c->pause))
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
static void pause_accepting(struct control *c)
{
	ev_io_stop(c->home.loop, &c->accept);
	ev_timer_set(&c->pause, c->pause_s, 0);
	ev_timer_start(c->home.loop, &c->pause);
}

static void on_accept(struct ev_loop *loop, ev_io *io, int events)
{
	struct control *c = CONTAINER(io, struct control, accept);
	int i, fd;

	(void)events;
	for (i = 0; i < ACCEPTS && c->home.n < c->clients; i++) {
		fd = accept4(c->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0 && is_shortage(errno)) {
			log_shortage(c);
			pause_accepting(c);
			return;
		}
		if (fd < 0)
			return;
		if (!admit(c, fd))
			close(fd);
	}
	if (c->home.n >= c->clients)
		ev_io_stop(loop, &c->accept);
}

static void look(struct control *c)
{
	if (c->gone || unixsock_is(c->path, &c->id))
		return;
	c->gone = true;
	log_info("control socket %s was removed: stopping", c->path);
	c->home.calls->stop(c->home.ctx);
}

static void on_notify(struct ev_loop *loop, ev_io *io, int events)
{
	struct control *c = CONTAINER(io, struct control, watch);
	char buffer[4096];
	ssize_t n;

	(void)loop;
	(void)events;
	do {
		n = read(c->notify, buffer, sizeof(buffer));
	} while (n > 0 || (n < 0 && errno == EINTR));
	look(c);
}

static void on_look(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	look(CONTAINER(timer, struct control, look));
}

/*
 * Unlinking a socket that is open reports IN_ATTRIB on the file (its link count) and
 * IN_DELETE in the directory; a directory that is removed or moved as a whole
 * reports only that.
 */
static bool notify_open(struct control *c, const char *dir)
{
	const uint32_t in_dir = IN_DELETE | IN_MOVE | IN_DELETE_SELF | IN_MOVE_SELF;
	const uint32_t of_file = IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;

	c->notify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (c->notify < 0)
		return false;
	if (inotify_add_watch(c->notify, dir, in_dir) < 0)
		goto none;
	/* The file may be gone already; look() handles that. */
	if (inotify_add_watch(c->notify, c->path, of_file) < 0 && errno != ENOENT)
		goto none;
	return true;

none:
	close(c->notify);
	c->notify = -1;
	return false;
}

static void watch_file(struct control *c, const char *dir)
{
	struct ev_loop *loop = c->home.loop;

	if (notify_open(c, dir)) {
		ev_io_set(&c->watch, c->notify, EV_READ);
		ev_io_start(loop, &c->watch);
	} else {
		ev_timer_set(&c->look, LOOK_S, LOOK_S);
		ev_timer_start(loop, &c->look);
	}
	look(c);
}

static double seconds(double given, double usual)
{
	return given > 0 ? given : usual;
}

int control_open_with(struct control **out, struct ev_loop *loop, const struct control_calls *calls,
		      void *ctx, const char *name, int fd, const struct control_limits *limits)
{
	const char *dir = limits->dir ? limits->dir : CONTROL_DIR;
	struct control *c = mem_new(sizeof(*c));
	int r;

	if (!c)
		return -ENOMEM;
	r = unixsock_path(c->path, dir, name);
	if (r < 0) {
		mem_free(c);
		return r;
	}
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
	c->clients = limits->clients ? limits->clients : CLIENTS;
	c->rule = rights_rule();
	c->is_fixed = limits->rights;
	if (limits->rights)
		c->fixed = *limits->rights;
	c->fd = fd;
	c->notify = -1;
	ev_io_init(&c->accept, on_accept, fd, EV_READ);
	ev_init(&c->watch, on_notify);
	ev_init(&c->pause, on_pause_over);
	ev_init(&c->look, on_look);
	/* A zeroed id matches no file: look() then finds the socket gone. */
	if (lstat(c->path, &c->id) < 0)
		memset(&c->id, 0, sizeof(c->id));
	ev_io_start(loop, &c->accept);
	watch_file(c, dir);
	*out = c;
	return 0;
}

int control_open(struct control **c, struct ev_loop *loop, const struct control_calls *calls,
		 void *ctx, const char *name, int fd)
{
	return control_open_with(c, loop, calls, ctx, name, fd,
				 &(const struct control_limits){ 0 });
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
	ev_io_stop(c->home.loop, &c->watch);
	ev_timer_stop(c->home.loop, &c->pause);
	ev_timer_stop(c->home.loop, &c->look);
	if (c->notify >= 0)
		close(c->notify);
	if (unixsock_is(c->path, &c->id))
		unlink(c->path);
	close(c->fd);
	mem_free(c);
}
