/* SPDX-License-Identifier: ISC */
#include "control/subscribers.h"

#include <errno.h>
#include <ev.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/instant.h"
#include "base/mem.h"

struct subscriber {
	struct subscribers *subscribers;
	struct subscriber *next, *prev;
	int fd;
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

/* The start of every line. Returns its length, newline not included. */
static size_t begin_line(char line[SUBSCRIBERS_LINE], const struct subscribers *f,
			 const char *event)
{
	uint64_t wall = clock_now().wall;
	int n = snprintf(line, SUBSCRIBERS_LINE,
			 "event=%s time=%" PRIu64 ".%09" PRIu64 " interface=%s", event,
			 wall / SECOND_NS, wall % SECOND_NS, f->name);

	return (size_t)n;
}

/* false: it does not fit. */
static bool put(struct subscriber *l, const char *line, size_t len)
{
	if (len > sizeof(l->waiting) - l->len)
		return false;
	memcpy(l->waiting + l->len, line, len);
	l->len += len;
	return true;
}

/* Report what was missed before adding more. false: there is no room. */
static bool send_missed(struct subscriber *l)
{
	char line[SUBSCRIBERS_LINE];
	size_t len;

	if (!l->missed)
		return true;
	len = begin_line(line, l->subscribers, "missed");
	len += (size_t)snprintf(line + len, sizeof(line) - len, " n=%" PRIu64 "\n", l->missed);
	if (!put(l, line, len))
		return false;
	l->missed = 0;
	return true;
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

static void offer(struct subscriber *l, const char *line, size_t len)
{
	if (!send_missed(l) || !put(l, line, len))
		l->missed++;
	flush(l);
}

int subscribers_join(struct subscribers *f, int fd)
{
	char line[SUBSCRIBERS_LINE];
	struct subscriber *l;
	size_t len;

	if (f->n >= SUBSCRIBERS_MAX)
		return -EBUSY;
	l = mem_new(sizeof(*l));
	if (!l)
		return -ENOMEM;
	l->subscribers = f;
	l->fd = fd;
	ev_io_init(&l->io, on_io, fd, EV_READ);
	ev_init(&l->patience, on_patience);
	l->next = f->first;
	if (f->first)
		f->first->prev = l;
	f->first = l;
	f->n++;
	len = begin_line(line, f, "listening");
	line[len++] = '\n';
	offer(l, line, len);
	return 0;
}

void subscribers_publish(struct subscribers *f, const char *event, const char *format, ...)
{
	struct subscriber *l, *next;
	char line[SUBSCRIBERS_LINE];
	size_t len, more;
	va_list ap;
	int n;

	if (!f->first)
		return;
	len = begin_line(line, f, event);
	va_start(ap, format);
	n = vsnprintf(line + len, sizeof(line) - len, format, ap);
	va_end(ap);
	more = n > 0 ? (size_t)n : 0;
	if (more > sizeof(line) - len - 1)
		more = sizeof(line) - len - 1;
	len += more;
	line[len++] = '\n';
	for (l = f->first; l; l = next) {
		next = l->next;
		offer(l, line, len);
	}
}

void subscribers_open(struct subscribers *f, struct ev_loop *loop, const char *name, double stall_s)
{
	*f = (struct subscribers){ .loop = loop, .stall_s = stall_s };
	snprintf(f->name, sizeof(f->name), "%s", name);
}

void subscribers_close(struct subscribers *f)
{
	subscribers_publish(f, "ending", "%s", "");
	while (f->first)
		leave(f->first);
}
