/* SPDX-License-Identifier: ISC */
#include "control/subscribers.h"

#include <errno.h>
#include <ev.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/instant.h"
#include "base/mem.h"
#include "control/record.h"

struct subscriber {
	struct subscribers *subscribers;
	struct subscriber *next, *prev;
	int fd;
	bool guest;
	ev_io io;
	ev_timer patience; /* runs while bytes are pending */
	size_t len;
	int unread; /* in the socket, at the last check of patience */
	uint64_t missed;
	char waiting[SUBSCRIBERS_BUFFER];
};

static void leave(struct subscriber *l)
{
	struct subscribers *f = l->subscribers;

	ev_io_stop(f->loop, &l->io);
	ev_timer_stop(f->loop, &l->patience);
	close(l->fd);
	if (l->next)
		l->next->prev = l->prev;
	if (l->prev)
		l->prev->next = l->next;
	else
		f->first = l->next;
	f->n--;
	f->guests -= l->guest;
	mem_free(l);
}

static void expect(struct subscriber *l, int events)
{
	struct ev_loop *loop = l->subscribers->loop;

	if (!(events & EV_WRITE))
		ev_timer_stop(loop, &l->patience);
	if (events == (l->io.events & (EV_READ | EV_WRITE)) && ev_is_active(&l->io))
		return;
	ev_io_stop(loop, &l->io);
	ev_io_set(&l->io, l->fd, events);
	ev_io_start(loop, &l->io);
}

/* false: it does not fit, or there was no memory for it. */
static bool put(struct subscriber *l, const struct print *line)
{
	if (line->failed || line->len > sizeof(l->waiting) - l->len)
		return false;
	memcpy(l->waiting + l->len, line->chars, line->len);
	l->len += line->len;
	return true;
}

/* Report what was missed before adding more. false: there is no room. */
static bool send_missed(struct subscriber *l)
{
	struct print line = { 0 };

	if (!l->missed)
		return true;
	subscribers_begin(l->subscribers, &line, "missed");
	record_count(&line, "n", l->missed);
	record_end(&line);
	if (put(l, &line))
		l->missed = 0;
	print_fini(&line);
	return !l->missed;
}

/* false: the other side is gone. */
static bool send_some(struct subscriber *l)
{
	while (l->len) {
		ssize_t n = send(l->fd, l->waiting, l->len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN;
		l->len -= (size_t)n;
		memmove(l->waiting, l->waiting + n, l->len);
		ev_timer_stop(l->subscribers->loop, &l->patience);
		if (l->len == 0)
			send_missed(l);
	}
	return true;
}

static void be_patient(struct subscriber *l)
{
	ev_timer_set(&l->patience, l->subscribers->stall_s, 0.);
	ev_timer_start(l->subscribers->loop, &l->patience);
}

/* Unread bytes in the socket. For a stream socket this is SIOCOUTQ. */
static int unread_by(const struct subscriber *l)
{
	int n;

	return ioctl(l->fd, TIOCOUTQ, &n) < 0 ? 0 : n;
}

/* The listener may be gone afterwards. */
static void flush(struct subscriber *l)
{
	if (!send_some(l)) {
		leave(l);
		return;
	}
	expect(l, l->len ? EV_READ | EV_WRITE : EV_READ);
	if (l->len && !ev_is_active(&l->patience)) {
		l->unread = unread_by(l);
		be_patient(l);
	}
}

/* No more requests are expected, but only reading shows a hang-up. */
static bool still_there(struct subscriber *l)
{
	char ignored[1024];
	ssize_t n;

	do {
		n = recv(l->fd, ignored, sizeof(ignored), MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	return n > 0 || (n < 0 && errno == EAGAIN);
}

static void on_io(struct ev_loop *loop, ev_io *io, int events)
{
	struct subscriber *l = CONTAINER(io, struct subscriber, io);

	(void)loop;
	if ((events & EV_READ) && !still_there(l))
		leave(l);
	else if (events & EV_WRITE)
		flush(l);
}

/* A socket that is full counts as writable only when most of it was read. */
static void on_patience(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct subscriber *l = CONTAINER(timer, struct subscriber, patience);
	int unread = unread_by(l);

	(void)loop;
	(void)events;
	if (unread >= l->unread) {
		leave(l);
		return;
	}
	l->unread = unread;
	be_patient(l);
}

static void offer(struct subscriber *l, const struct print *line)
{
	if (!send_missed(l) || !put(l, line))
		l->missed++;
	flush(l);
}

int subscribers_join(struct subscribers *f, int fd, bool guest)
{
	struct print line = { 0 };
	struct subscriber *l;

	if (f->n >= SUBSCRIBERS_MAX || (guest && f->guests >= SUBSCRIBERS_GUESTS))
		return -EBUSY;
	l = mem_new(sizeof(*l));
	if (!l)
		return -ENOMEM;
	l->subscribers = f;
	l->fd = fd;
	l->guest = guest;
	ev_io_init(&l->io, on_io, fd, EV_READ);
	ev_init(&l->patience, on_patience);
	l->next = f->first;
	if (f->first)
		f->first->prev = l;
	f->first = l;
	f->n++;
	f->guests += guest;
	subscribers_begin(f, &line, "listening");
	record_end(&line);
	offer(l, &line);
	print_fini(&line);
	return 0;
}

void subscribers_begin(const struct subscribers *f, struct print *line, const char *event)
{
	uint64_t wall = clock_now().wall;

	record_begin(line, "event", "%s", event);
	record_add(line, "time", "%" PRIu64 ".%09" PRIu64, wall / SECOND_NS, wall % SECOND_NS);
	record_add(line, "interface", "%s", f->name);
}

void subscribers_publish(struct subscribers *f, struct print *line)
{
	struct subscriber *l, *next;

	if (line->len >= SUBSCRIBERS_LINE)
		line->len = SUBSCRIBERS_LINE - 1;
	record_end(line);
	for (l = f->first; l; l = next) {
		next = l->next;
		offer(l, line);
	}
	print_fini(line);
}

void subscribers_open(struct subscribers *f, struct ev_loop *loop, const char *name, double stall_s)
{
	*f = (struct subscribers){ .loop = loop, .stall_s = stall_s };
	snprintf(f->name, sizeof(f->name), "%s", name);
}

void subscribers_close(struct subscribers *f)
{
	struct print line = { 0 };

	subscribers_begin(f, &line, "ending");
	subscribers_publish(f, &line);
	while (f->first)
		leave(f->first);
}
