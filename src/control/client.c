/* SPDX-License-Identifier: ISC */
#include "control/client.h"

#include <errno.h>
#include <ev.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "base/print.h"
#include "base/text.h"
#include "control/answer.h"
#include "control/subscribers.h"
#include "control/uapi.h"

enum {
	READ_MAX = 256 << 10, /* bytes read per turn of the loop */
	READ_MIN = 4096,      /* free room before each read */
	WRITE_MAX = 1 << 20,  /* bytes written per turn */
	KEEP = 64 << 10,      /* a buffer no larger than this is kept for the next request */
	GUEST_MAX = 64 << 10, /* of a request by a guest, who may set nothing */
};

struct client {
	struct client_home *home;
	struct client *next, *prev;
	int fd;
	enum rights rights;
	enum rights needed; /* for this request, once it is known */
	ev_io io;
	ev_timer patience; /* runs out when the other side makes no progress */
	ev_timer turn;     /* more requests wait in the buffer: next turn of the loop */
	ev_tstamp began;   /* first byte of this request; 0: none yet */
	ev_tstamp moved;   /* when a byte last came or went, or it was accepted */
	char *in;
	size_t in_len, in_cap;
	size_t scanned;       /* by uapi_frame() */
	size_t line;          /* where the last, unfinished line begins */
	bool known;           /* the first line is a request that we serve */
	bool eof;             /* the other side will send no more */
	uint64_t ticket;      /* of a request whose answer comes later; 0: none waits */
	enum uapi_verb waits; /* its kind */
	struct print out;
	size_t out_sent;
};

static bool is_guest(const struct client *c)
{
	return c->rights != RIGHTS_ALL;
}

/* Never realloc: it would leave keys behind. */
static bool grow(struct client *c)
{
	size_t cap = c->in_cap ? c->in_cap * 2 : READ_MIN * 2;
	size_t held = c->home->held - c->in_cap + cap;
	size_t most = is_guest(c) ? GUEST_MAX : UAPI_REQUEST_MAX;
	char *in;

	if (c->in_cap - c->in_len >= READ_MIN)
		return true;
	if (cap > most || held > UAPI_REQUEST_MAX)
		return false;
	in = mem_new(cap);
	if (!in)
		return false;
	if (c->in) {
		memcpy(in, c->in, c->in_len);
		wipe(c->in, c->in_cap);
		mem_free(c->in);
	}
	c->in = in;
	c->in_cap = cap;
	c->home->held = held;
	return true;
}

static void drop_buffer(struct client *c)
{
	if (!c->in)
		return;
	wipe(c->in, c->in_cap);
	mem_free(c->in);
	c->home->held -= c->in_cap;
	c->in = NULL;
	c->in_cap = 0;
	c->in_len = 0;
}

/* Take the first bytes off the buffer; what follows is looked at from its beginning. */
static void consume(struct client *c, size_t used)
{
	const char *newline;

	c->in_len -= used;
	memmove(c->in, c->in + used, c->in_len);
	wipe(c->in + c->in_len, used);
	newline = memrchr(c->in, '\n', c->in_len);
	c->line = newline ? (size_t)(newline - c->in) + 1 : 0;
	c->scanned = 0;
	c->known = false;
	if (c->in_len == 0 && c->in_cap > KEEP)
		drop_buffer(c);
}

void client_free(struct client *c)
{
	struct client_home *home = c->home;

	ev_io_stop(home->loop, &c->io);
	ev_timer_stop(home->loop, &c->patience);
	ev_timer_stop(home->loop, &c->turn);
	if (c->fd >= 0)
		close(c->fd);
	drop_buffer(c);
	print_fini(&c->out);
	if (c->next)
		c->next->prev = c->prev;
	if (c->prev)
		c->prev->next = c->next;
	else
		home->first = c->next;
	home->n--;
	home->guests -= is_guest(c);
	mem_free(c);
}

static void leave(struct client *c)
{
	struct client_home *home = c->home;

	client_free(c);
	home->gone(home);
}

static bool answer_waits(const struct client *c)
{
	return c->out_sent < c->out.len;
}

/* Set what to wait for, and for how long at most. */
static void expect(struct client *c, int events)
{
	struct client_home *home = c->home;
	ev_tstamp wait = home->idle_s;

	if (c->began > 0) {
		wait = c->began + home->request_s - ev_now(home->loop);
		/* An answer that comes later keeps us waiting, not the client. */
		if (wait > home->stall_s && !c->ticket)
			wait = home->stall_s;
		if (wait < 0.001)
			wait = 0.001;
	}
	c->patience.repeat = wait;
	ev_timer_again(home->loop, &c->patience);
	if (events == (c->io.events & (EV_READ | EV_WRITE)) && ev_is_active(&c->io))
		return;
	ev_io_stop(home->loop, &c->io);
	if (!events)
		return;
	ev_io_set(&c->io, c->fd, events);
	ev_io_start(home->loop, &c->io);
}

/* The first line decides: anything but our verbs ends the connection at once. */
static bool first_line_ok(struct client *c)
{
	const char *end = memchr(c->in, '\n', c->in_len);

	if (c->known)
		return true;
	if (!end)
		return c->in_len <= UAPI_LINE_MAX;
	c->known = rights_needed(text_from(c->in, (size_t)(end - c->in)), &c->needed);
	return c->known;
}

/*
 * A line that is too long makes its request wrong, but need not be kept for that until its end,
 * and must not touch what is before it: other requests may wait there.
 */
static void cut_line(struct client *c, size_t from)
{
	const char *newline = memrchr(c->in + from, '\n', c->in_len - from);
	size_t most;

	if (newline)
		c->line = (size_t)(newline - c->in) + 1;
	most = c->line + UAPI_LINE_MAX + 1;
	if (c->in_len <= most)
		return;
	wipe(c->in + most, c->in_len - most);
	c->in_len = most;
	if (c->scanned > most)
		c->scanned = most;
}

/* Returns as serve_one(). The feed owns the connection from now on, or the answer says why not. */
static int listen_on(struct client *c, size_t used)
{
	int r;

	ev_io_stop(c->home->loop, &c->io);
	r = subscribers_join(c->home->subscribers, c->fd, is_guest(c));
	if (r == 0) {
		c->fd = -1;
		return -1;
	}
	uapi_errno(&c->out, -r);
	consume(c, used);
	return c->out.failed ? -1 : 1;
}

/* Returns as serve_one(). The errno of a set has a minus, as in answer(). */
static int refuse(struct client *c, enum uapi_verb verb, size_t used)
{
	int number = c->rights == RIGHTS_NONE ? EACCES : EPERM;

	uapi_errno(&c->out, verb == UAPI_SET ? -number : number);
	consume(c, used);
	return c->out.failed ? -1 : 1;
}

/*
 * 1: a request was answered (the answer waits in out), or will be; 0: none is complete;
 * -1: close.
 */
static int serve_one(struct client *c)
{
	struct text request;
	size_t used;
	enum uapi_verb verb;
	enum answer given;
	uint64_t ticket;

	if (c->in_len == 0)
		return 0;
	if (!first_line_ok(c))
		return -1;
	verb = uapi_frame(c->in, c->in_len, &c->scanned, &request, &used);
	if (verb == UAPI_NONE)
		return 0;
	print_fini(&c->out);
	c->out_sent = 0;
	if (c->rights < c->needed)
		return refuse(c, verb, used);
	if (answer_is_events(request))
		return listen_on(c, used);
	ticket = ++c->home->tickets;
	given = answer(c->home->calls, c->home->ctx, verb, request, !is_guest(c), ticket, &c->out);
	consume(c, used);
	if (given == ANSWER_LATER) {
		c->ticket = ticket;
		c->waits = verb;
	}
	return given == ANSWER_NONE ? -1 : 1;
}

/* 0: all is written; 1: the socket is full, or this turn is over; -1: close. */
static int flush(struct client *c)
{
	size_t turn = 0;

	while (answer_waits(c) && turn < WRITE_MAX) {
		ssize_t n = send(c->fd, c->out.chars + c->out_sent, c->out.len - c->out_sent,
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 1 : -1;
		c->out_sent += (size_t)n;
		turn += (size_t)n;
		c->moved = ev_now(c->home->loop);
	}
	if (answer_waits(c))
		return 1;
	print_fini(&c->out);
	c->out_sent = 0;
	return 0;
}

/* One step with what is in the buffers; the client may be gone afterwards. */
static void proceed(struct client *c)
{
	struct client_home *home = c->home;
	int served, r;

	ev_timer_stop(home->loop, &c->turn);
	served = answer_waits(c) ? 1 : serve_one(c);
	if (served > 0 && c->ticket) {
		expect(c, 0);
		return;
	}
	r = served < 0 ? -1 : flush(c);
	if (r < 0) {
		leave(c);
		return;
	}
	if (r > 0) {
		expect(c, EV_WRITE);
		return;
	}
	if (served > 0)
		c->began = c->in_len ? ev_now(home->loop) : 0;
	if (served > 0 && c->in_len) {
		ev_timer_set(&c->turn, 0, 0);
		ev_timer_start(home->loop, &c->turn);
		expect(c, 0);
		return;
	}
	if (c->eof) {
		leave(c);
		return;
	}
	expect(c, EV_READ);
}

/* false: close. */
static bool take_in(struct client *c)
{
	size_t turn = 0;

	while (turn < READ_MAX) {
		ssize_t n;

		if (!grow(c))
			return false;
		n = recv(c->fd, c->in + c->in_len, c->in_cap - c->in_len, MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN;
		if (n == 0) {
			c->eof = true;
			return true;
		}
		c->moved = ev_now(c->home->loop);
		if (c->began <= 0)
			c->began = c->moved;
		c->in_len += (size_t)n;
		turn += (size_t)n;
		if (!first_line_ok(c))
			return false;
		cut_line(c, c->in_len - (size_t)n);
	}
	return true;
}

static void on_io(struct ev_loop *loop, ev_io *io, int events)
{
	struct client *c = CONTAINER(io, struct client, io);

	(void)loop;
	if ((events & EV_READ) && !answer_waits(c) && !take_in(c)) {
		leave(c);
		return;
	}
	proceed(c);
}

static void on_turn(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	proceed(CONTAINER(timer, struct client, turn));
}

static void on_patience(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	leave(CONTAINER(timer, struct client, patience));
}

void client_answer(struct client_home *home, uint64_t ticket, int result, const struct print *lines)
{
	struct client *c = home->first;

	while (c && c->ticket != ticket)
		c = c->next;
	if (!c)
		return;
	c->ticket = 0;
	c->moved = ev_now(home->loop);
	if (!answer_later(c->waits, result, lines, &c->out)) {
		leave(c);
		return;
	}
	proceed(c);
}

struct client *client_silent(const struct client_home *home, bool guest, double least_s)
{
	ev_tstamp before = ev_now(home->loop) - least_s;
	struct client *c, *found = NULL;

	for (c = home->first; c; c = c->next) {
		/* With a ticket, it is we who are silent. */
		if (c->ticket || (guest && !is_guest(c)) || c->moved > before)
			continue;
		if (!found || c->moved <= found->moved)
			found = c;
	}
	return found;
}

int client_new(struct client_home *home, int fd, enum rights rights)
{
	struct client *c = mem_new(sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->home = home;
	c->fd = fd;
	c->rights = rights;
	c->moved = ev_now(home->loop);
	ev_io_init(&c->io, on_io, fd, EV_READ);
	ev_init(&c->patience, on_patience);
	ev_timer_init(&c->turn, on_turn, 0, 0);
	c->next = home->first;
	if (home->first)
		home->first->prev = c;
	home->first = c;
	home->n++;
	home->guests += is_guest(c);
	expect(c, EV_READ);
	return 0;
}
