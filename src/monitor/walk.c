/* SPDX-License-Identifier: ISC */
#include "monitor/walk.h"

#include <errno.h>
#include <unistd.h>

#include "conf/conf_pack.h"
#include "monitor/hostside.h"
#include "monitor/serve.h"
#include "monitor/sockets.h"
#include "monitor/worker.h"
#include "privsep/blob.h"

/* The worker checks what is to be.  It may refuse. */
static int plan_worker(struct monitor *m, struct change *c)
{
	struct message order = { .kind = MESSAGE_PLAN, .a = c->walk, .b = m->table };
	struct print bytes = { 0 };
	int fd, r;

	conf_pack(&bytes, c->to);
	fd = bytes.failed ? -ENOMEM : blob_make(bytes.chars, bytes.len);
	print_fini(&bytes);
	if (fd < 0)
		return fd;
	r = worker_ask(m, &order, &fd, 1);
	close(fd);
	c->mtu = m->worker.mtu;
	return r;
}

/* If it died half way through, the next one is what this one was before. */
static void keep_state(struct monitor *m, bool done)
{
	if (!m->state_next.bytes)
		return;
	keep_drop(done ? &m->state : &m->state_next);
	if (done)
		keep_move(&m->state, &m->state_next);
}

static int commit_worker(struct monitor *m)
{
	const struct sockets_plan *s = &m->planned.sockets;
	struct message order = { .kind = MESSAGE_COMMIT, .a = s->port, .b = s->mark };
	int fd[2], r;
	unsigned n;

	order.c = hostside_crossing(m, &m->planned.wanted);
	if (!network_equal(&m->network, &m->planned.wanted))
		order.c |= CROSSING_REROUTED;
	n = sockets_pass(s->fd, fd, &order.c); /* new ones, if any */
	m->committing = true;
	r = worker_ask(m, &order, fd, n);
	m->committing = false;
	keep_state(m, r != -EPIPE);
	return r;
}

static int walk_once(struct monitor *m, struct change *c)
{
	int r;

	r = plan_worker(m, c);
	if (r < 0)
		return r;
	r = reconcile_plan(&hostside_parts, m, c);
	if (r < 0) {
		worker_order(m, MESSAGE_CANCEL);
	} else {
		r = commit_worker(m);
		if (r == -EPIPE) {
			reconcile_cancel(&hostside_parts, m, c);
		} else {
			c->error = r;
			r = 0;
			reconcile_commit(&hostside_parts, m, c);
		}
	}
	network_fini(&m->planned.wanted);
	return r;
}

int walk(struct monitor *m, struct change *c)
{
	int r, error;

	m->walking = true;
	r = walk_once(m, c);
	m->walking = false;
	error = serve_held(m);
	if (error < 0)
		worker_lost(m, error);
	return r;
}
