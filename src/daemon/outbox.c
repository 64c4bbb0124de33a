/* SPDX-License-Identifier: ISC */
#include "daemon/outbox.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

enum { CLOSE_MS = 1000 };

struct outbox_item {
	struct outbox_item *next;
	struct message head;
	int fd; /* -1: none */
	size_t len, room;
	char text[]; /* room for so much */
};

static void drop_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void drop_first(struct outbox *o)
{
	struct outbox_item *i = o->first;

	o->first = i->next;
	if (!o->first)
		o->last = NULL;
	o->bytes -= sizeof(*i) + i->room;
	drop_fd(&i->fd);
	mem_free(i);
}

/* It comes after those that were taken. */
static void tell_lost(struct outbox *o)
{
	const struct message m = { .kind = MESSAGE_LOG, .a = LOG_LEVEL_WARN };
	char line[80];
	int len;

	if (!o->lost)
		return;
	len = snprintf(line, sizeof(line), "%u lines of the log were lost", o->lost);
	if (message_send(o->sock, &m, line, (size_t)len, NULL, 0) == 0)
		o->lost = 0;
}

/* 0: nothing waits any more; -EAGAIN; -EPIPE. */
static int flush(struct outbox *o)
{
	while (o->first) {
		const struct outbox_item *i = o->first;
		int r = message_send(o->sock, &i->head, i->text, i->len, &i->fd, i->fd >= 0);

		if (r == -EAGAIN || r == -EPIPE)
			return r;
		drop_first(o);
	}
	tell_lost(o);
	return 0;
}

static void on_writable(struct ev_loop *ev, ev_io *w, int revents)
{
	struct outbox *o = w->data;
	int r = flush(o);

	(void)revents;
	if (r == -EAGAIN)
		return;
	ev_io_stop(ev, w);
	if (r == -EPIPE)
		o->gone(o->ctx);
}

void outbox_open(struct outbox *o, struct ev_loop *ev, int sock, void (*gone)(void *ctx), void *ctx)
{
	*o = (struct outbox){ .sock = sock, .ev = ev, .gone = gone, .ctx = ctx };
	ev_io_init(&o->io, on_writable, sock, EV_WRITE);
	o->io.data = o;
}

void outbox_close(struct outbox *o)
{
	uint64_t until = clock_monotonic_us() + CLOSE_MS * 1000, now;

	if (!o->ev)
		return;
	ev_io_stop(o->ev, &o->io);
	while (o->first) {
		struct outbox_item *i = o->first;

		now = clock_monotonic_us();
		message_insist(o->sock, &i->head, i->text, i->len, &i->fd, i->fd >= 0,
			       now < until ? (int)((until - now) / 1000) : 0);
		drop_first(o);
	}
	o->ev = NULL;
}

static bool latest_counts(enum message_kind kind)
{
	return kind == MESSAGE_STATE || kind == MESSAGE_STAMP || kind == MESSAGE_NOTE ||
	       kind == MESSAGE_ALIVE;
}

static struct outbox_item *place_for(struct outbox *o, enum message_kind kind, size_t len)
{
	bool latest = latest_counts(kind);
	size_t room = latest ? MESSAGE_TEXT : len;
	struct outbox_item *i = latest ? o->first : NULL;

	while (i && i->head.kind != kind)
		i = i->next;
	if (i) {
		drop_fd(&i->fd);
		return i;
	}
	i = mem_new(sizeof(*i) + room);
	if (!i)
		return NULL;
	i->room = room;
	if (o->last)
		o->last->next = i;
	else
		o->first = i;
	o->last = i;
	o->bytes += sizeof(*i) + room;
	return i;
}

static int keep(struct outbox *o, const struct message *m, const char *text, size_t len, int fd)
{
	bool is_log = m->kind == MESSAGE_LOG;
	struct outbox_item *i = NULL;

	if (o->bytes < (is_log ? OUTBOX_LOG : OUTBOX_MOST))
		i = place_for(o, (enum message_kind)m->kind, len);
	if (!i) {
		o->lost += is_log;
		drop_fd(&fd);
		return -EAGAIN;
	}
	i->head = *m;
	i->fd = fd;
	i->len = len;
	if (len)
		memcpy(i->text, text, len);
	ev_io_start(o->ev, &o->io);
	return 0;
}

int outbox_send(struct outbox *o, const struct message *m, const char *text, size_t len, int fd)
{
	int r = flush(o);

	if (r == 0)
		r = message_send(o->sock, m, text, len, &fd, fd >= 0);
	if (r == -EAGAIN)
		return keep(o, m, text, len, fd);
	drop_fd(&fd);
	return r;
}
