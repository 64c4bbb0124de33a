/* SPDX-License-Identifier: ISC */
#include "names/channel.h"

#include <errno.h>
#include <sys/time.h>

#include "base/bytes.h"
#include "base/mem.h"

enum { TRIES = 2 };

/* A socket of c-ares and its watcher. */
struct wire {
	struct wire *next;
	struct channel *channel;
	ev_io io;
};

void channel_expect(struct channel *c)
{
	struct timeval left, *tv = ares_timeout(c->ares, NULL, &left);

	ev_timer_stop(c->loop, &c->timer);
	if (!tv)
		return;
	/* A little late: c-ares does nothing if it is called too early. */
	ev_timer_set(&c->timer, (double)tv->tv_sec + (double)tv->tv_usec / 1e6 + 0.002, 0);
	ev_timer_start(c->loop, &c->timer);
}

static void on_timeout(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct channel *c = CONTAINER(timer, struct channel, timer);

	(void)loop;
	(void)events;
	ares_process_fd(c->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	channel_expect(c);
}

static void on_wire(struct ev_loop *loop, ev_io *io, int events)
{
	struct wire *w = CONTAINER(io, struct wire, io);
	struct channel *c = w->channel;
	int fd = io->fd;

	(void)loop;
	/* The wire may be gone after this, but not the channel. */
	ares_process_fd(c->ares, events & EV_READ ? fd : ARES_SOCKET_BAD,
			events & EV_WRITE ? fd : ARES_SOCKET_BAD);
	channel_expect(c);
}

/* c-ares reports what it waits for on a socket: neither, right before it closes it. */
static void on_socket(void *ctx, ares_socket_t fd, int readable, int writable)
{
	struct channel *c = ctx;
	struct wire **at = &c->wires, *w;
	int events = (readable ? EV_READ : 0) | (writable ? EV_WRITE : 0);

	while (*at && (*at)->io.fd != fd)
		at = &(*at)->next;
	w = *at;
	if (!events) {
		if (!w)
			return;
		ev_io_stop(c->loop, &w->io);
		*at = w->next;
		mem_free(w);
		return;
	}
	if (!w) {
		w = mem_new(sizeof(*w));
		if (!w)
			return; /* the query times out */
		w->channel = c;
		w->next = c->wires;
		c->wires = w;
		ev_init(&w->io, on_wire);
	}
	ev_io_stop(c->loop, &w->io);
	ev_io_set(&w->io, fd, events);
	ev_io_start(c->loop, &w->io);
}

int channel_open(struct channel *c, struct ev_loop *loop, char *resolv_conf, const char *servers,
		 int timeout_ms)
{
	static char lookups[] = "fb"; /* files, then DNS */
	struct ares_options options = {
		.timeout = timeout_ms,
		.tries = TRIES,
		.lookups = lookups,
		.resolvconf_path = resolv_conf,
		.sock_state_cb = on_socket,
		.sock_state_cb_data = c,
	};
	const int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS |
			 ARES_OPT_RESOLVCONF | ARES_OPT_SOCK_STATE_CB;

	c->loop = loop;
	c->wires = NULL;
	ev_init(&c->timer, on_timeout);
	if (ares_init_options(&c->ares, &options, mask) != ARES_SUCCESS)
		return -ENOMEM;
	scopes_apply(&c->scopes, c->ares, resolv_conf);
	if (servers && ares_set_servers_ports_csv(c->ares, servers) != ARES_SUCCESS) {
		ares_destroy(c->ares);
		return -ENOMEM;
	}
	return 0;
}

void channel_close(struct channel *c)
{
	struct wire *w;

	ares_destroy(c->ares);
	while ((w = c->wires)) {
		c->wires = w->next;
		ev_io_stop(c->loop, &w->io);
		mem_free(w);
	}
	ev_timer_stop(c->loop, &c->timer);
}
