/* SPDX-License-Identifier: ISC */
#define CARES_NO_DEPRECATED /* what replaces ares_set_socket_functions() is too new */

#include "names/channel.h"

#include <errno.h>
#include <sys/time.h>

#include "base/bytes.h"

enum { TRIES = 2 };

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

static void on_ready(struct wires *w, int fd, int events)
{
	struct channel *c = CONTAINER(w, struct channel, wires);

	ares_process_fd(c->ares, events & EV_READ ? fd : ARES_SOCKET_BAD,
			events & EV_WRITE ? fd : ARES_SOCKET_BAD);
	channel_expect(c);
}

/* c-ares reports what it waits for on a socket: neither, right before it closes it. */
static void on_socket(void *ctx, ares_socket_t fd, int readable, int writable)
{
	wires_watch(ctx, fd, (readable ? EV_READ : 0) | (writable ? EV_WRITE : 0));
}

int channel_open(struct channel *c, struct ev_loop *loop, const struct channel_plan *plan)
{
	static char lookups[] = "fb"; /* files, then DNS */
	struct ares_options options = {
		.timeout = plan->timeout_ms,
		.tries = TRIES,
		.lookups = lookups,
		.resolvconf_path = plan->resolv_conf,
		.sock_state_cb = on_socket,
		.sock_state_cb_data = &c->wires,
	};
	const int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS |
			 ARES_OPT_RESOLVCONF | ARES_OPT_SOCK_STATE_CB;

	c->loop = loop;
	c->wires = (struct wires){ .loop = loop, .past = plan->past, .ready = on_ready };
	ev_init(&c->timer, on_timeout);
	if (ares_init_options(&c->ares, &options, mask) != ARES_SUCCESS)
		return -ENOMEM;
	scopes_apply(&c->wires.scopes, c->ares, plan->resolv_conf);
	ares_set_socket_functions(c->ares, &wires_functions, &c->wires);
	if (plan->servers && ares_set_servers_ports_csv(c->ares, plan->servers) != ARES_SUCCESS) {
		ares_destroy(c->ares);
		return -ENOMEM;
	}
	return 0;
}

void channel_close(struct channel *c)
{
	ares_destroy(c->ares); /* and, one by one, its sockets */
	ev_timer_stop(c->loop, &c->timer);
}
