/* SPDX-License-Identifier: ISC */
#include "daemon/elevate.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "daemon/internal.h"
#include "privsep/reconcile.h"

enum { PATIENCE_MS = 10000 };

/* The monitor has died, and with it all that we are for. */
static void monitor_gone(void *ctx)
{
	struct daemon *d = ctx;

	ev_io_stop(d->loop.ev, &d->elevate.io);
	d->over = true;
	loop_break(&d->loop);
}

/* --- sending --- */

/* In the loop nothing waits for the monitor; before and after, no packet does either. */
static int send_it(struct daemon *d, const struct message *m, const char *text, int fd)
{
	size_t len = text ? strnlen(text, MESSAGE_TEXT) : 0;
	struct elevate *e = &d->elevate;
	int r;

	if (e->outbox.ev)
		return outbox_send(&e->outbox, m, text, len, fd);
	r = message_insist(e->sock, m, text, len, &fd, fd >= 0, PATIENCE_MS);
	if (fd >= 0)
		close(fd);
	return r;
}

int elevate_ask(struct daemon *d, enum message_kind kind, uint32_t a, uint32_t b,
		const struct elevate_plea *plea)
{
	struct message m = { .kind = (uint8_t)kind, .a = a, .b = b };
	struct elevate *e = &d->elevate;
	int r;

	if (e->n == ELEVATE_WAITING)
		return -EBUSY;
	m.seq = ++e->seq ? e->seq : ++e->seq;
	r = send_it(d, &m, NULL, -1);
	if (r < 0)
		return r;
	e->plea[e->n] = *plea;
	e->plea[e->n++].seq = m.seq;
	return 0;
}

void elevate_tell(struct daemon *d, enum message_kind kind, uint32_t a)
{
	const struct message m = { .kind = (uint8_t)kind, .a = a };

	if (send_it(d, &m, NULL, -1) < 0 && d->loop.ev)
		monitor_gone(d);
}

void elevate_text(struct daemon *d, enum message_kind kind, const char *text)
{
	const struct message m = { .kind = (uint8_t)kind };

	send_it(d, &m, text, -1);
}

void elevate_reply(struct daemon *d, enum message_kind kind, int result, uint32_t a, int fd)
{
	const struct message m = { .kind = (uint8_t)kind, .result = result, .a = a };

	if (send_it(d, &m, NULL, fd) < 0)
		monitor_gone(d);
}

static void log_to_monitor(void *ctx, enum log_level level, const char *line)
{
	const struct message m = { .kind = MESSAGE_LOG, .a = (uint32_t)level };

	send_it(ctx, &m, line, -1);
}

/* --- receiving --- */

static void sort_fds(struct message_in *in, unsigned crossing, int fd[RECONCILE_SOCKETS])
{
	unsigned next = 0;

	for (int i = 0; i < RECONCILE_SOCKETS; i++) {
		fd[i] = -1;
		if (!(crossing & (unsigned)CROSSING_SOCKET << i) || next == in->n_fd)
			continue;
		fd[i] = in->fd[next];
		in->fd[next++] = -1;
	}
}

/* A blob, if there is one, and no sockets. */
static void first_only(const struct message_in *in, int fd[RECONCILE_SOCKETS])
{
	for (int i = 0; i < RECONCILE_SOCKETS; i++)
		fd[i] = i ? -1 : in->fd[0];
}

bool elevate_take(struct daemon *d, uint32_t seq, struct elevate_plea *plea)
{
	struct elevate *e = &d->elevate;
	unsigned i = 0;

	while (i < e->n && e->plea[i].seq != seq)
		i++;
	if (i == e->n)
		return false;
	*plea = e->plea[i];
	memmove(&e->plea[i], &e->plea[i + 1], (--e->n - i) * sizeof(*plea));
	return true;
}

static void answered(struct daemon *d, struct message_in *in)
{
	struct elevate_answer a = { .result = in->head.result,
				    .port = (uint16_t)in->head.a,
				    .link = in->head.b };
	struct elevate_plea plea;

	if (!elevate_take(d, in->head.seq, &plea))
		return;
	if (in->head.kind == MESSAGE_RESOLV || in->head.kind == MESSAGE_QUERY) {
		first_only(in, a.fd);
		in->fd[0] = -1;
	} else {
		sort_fds(in, in->head.c, a.fd);
	}
	plea.then(d, &plea, &a);
}

static void ordered(struct daemon *d, struct message_in *in)
{
	struct order o = { .result = in->head.result,
			   .seq = in->head.seq,
			   .a = in->head.a,
			   .b = in->head.b,
			   .crossing = in->head.c,
			   .text = in->text,
			   .len = in->len };

	if (in->head.kind == MESSAGE_COMMIT)
		sort_fds(in, o.crossing, o.fd);
	else
		first_only(in, o.fd);
	d->elevate.obey(d, (enum message_kind)in->head.kind, &o);
}

static void on_message(struct ev_loop *ev, ev_io *w, int revents)
{
	struct daemon *d = w->data;
	struct message_in in;

	(void)ev;
	(void)revents;
	while (!d->over) {
		int r = message_recv(d->elevate.sock, &in);

		if (r == 0)
			return;
		if (r < 0) {
			monitor_gone(d);
			return;
		}
		if (in.head.kind < MESSAGE_PLAN)
			answered(d, &in);
		else
			ordered(d, &in);
		message_close_fds(&in);
	}
}

void elevate_begin(struct daemon *d, int sock)
{
	d->elevate = (struct elevate){ .sock = sock };
	log_set_name(NULL); /* the monitor puts it in front */
	log_set_sink(log_to_monitor, d);
}

void elevate_open(struct daemon *d,
		  void (*obey)(struct daemon *d, enum message_kind kind, struct order *o))
{
	struct elevate *e = &d->elevate;

	e->obey = obey;
	ev_io_init(&e->io, on_message, e->sock, EV_READ);
	e->io.data = d;
	ev_io_start(d->loop.ev, &e->io);
	outbox_open(&e->outbox, d->loop.ev, e->sock, monitor_gone, d);
}

void elevate_close(struct daemon *d)
{
	struct elevate *e = &d->elevate;

	ev_io_stop(d->loop.ev, &e->io);
	outbox_close(&e->outbox);
	for (unsigned i = 0; i < e->n; i++) {
		if (e->plea[i].request)
			conf_fini(e->plea[i].request);
		mem_free(e->plea[i].request);
	}
	e->n = 0;
}
