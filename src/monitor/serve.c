/* SPDX-License-Identifier: ISC */
#include "monitor/serve.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "monitor/hostside.h"
#include "monitor/reload.h"
#include "monitor/sockets.h"
#include "monitor/turn.h"
#include "monitor/upkeep.h"
#include "privsep/blob.h"

enum {
	PORTS_LOW = 1024, /* below, a port is a right */
	MTU_LEAST = CONF_MTU_IPV6,
	SEGMENTS_MOST = 65535,
	LINES = 10000, /* of the log, per lines_period: what journald lets pass */
	NOTES = 10,    /* for the service manager, per second */
	RESOLVS = 5,   /* readings of resolv.conf, per second */
	QUERIES = 50,  /* sockets for name servers, per second */
	STATUS_MOST = 255,
	ERRNO_MOST = 4095,
};

static const uint64_t lines_period = 30 * SECOND_NS, notes_period = SECOND_NS;

bool serve_may_log(struct monitor *m)
{
	uint32_t held = 0;

	if (!log_ratelimit(&m->lines, clock_now().mono, lines_period, LINES, &held))
		return false;
	if (held)
		log_warn("%u lines of the worker were not logged", held);
	return true;
}

static bool may_notify(struct monitor *m)
{
	return log_ratelimit(&m->notes, clock_now().mono, notes_period, NOTES, NULL);
}

static bool is_mtu(uint32_t mtu)
{
	return mtu >= MTU_LEAST && mtu <= CONF_MTU_MAX;
}

static int answer(struct monitor *m, const struct message *to, struct message *reply, const int *fd,
		  unsigned n_fd)
{
	if (!to->seq)
		return 0;
	reply->kind = to->kind;
	reply->seq = to->seq;
	return message_send(m->worker.sock, reply, NULL, 0, fd, n_fd);
}

static int answer_result(struct monitor *m, const struct message *to, int result)
{
	struct message reply = { .result = result };

	return answer(m, to, &reply, NULL, 0);
}

/* Where there is a file, a low port is the one that it names. */
static bool may_use_port(const struct monitor *m, uint32_t port)
{
	return port <= UINT16_MAX &&
	       (port == 0 || port >= PORTS_LOW || !m->options.path || port == m->conf.listen_port);
}

static int serve_udp(struct monitor *m, struct message_in *in)
{
	struct message reply = { 0 };
	struct sockets_plan plan;
	int fd[RECONCILE_SOCKETS];
	unsigned n;

	if (!may_use_port(m, in->head.a))
		return answer_result(m, &in->head, -EACCES);
	reply.result = sockets_plan(&plan, m, (int)in->head.a, in->head.b, true);
	if (reply.result < 0)
		return answer(m, &in->head, &reply, NULL, 0);
	sockets_commit(&plan, m);
	n = sockets_pass(m->udp, fd, &reply.c);
	reply.a = m->port;
	return answer(m, &in->head, &reply, fd, n);
}

static int serve_mark(struct monitor *m, struct message_in *in)
{
	struct sockets_plan plan;
	int r;

	r = sockets_plan(&plan, m, SOCKETS_KEEP_PORT, in->head.a, false);
	if (r == 0) {
		sockets_commit(&plan, m);
		/* Only a line that is due counts. */
		if (hostside_mark_diverts(m, m->mark) && serve_may_log(m))
			log_warn("FwMark changed under a default route: our own packets would go "
				 "into the tunnel; reload to fix this");
	}
	return answer_result(m, &in->head, r);
}

static int serve_mtu(struct monitor *m, struct message_in *in)
{
	int r = -EINVAL;

	if (is_mtu(in->head.a) && m->ifindex)
		r = host_mtu(m->host, m->ifindex, in->head.a);
	if (r == 0)
		m->mtu_chosen = in->head.a;
	return answer_result(m, &in->head, r);
}

static int serve_segments(struct monitor *m, struct message_in *in)
{
	int r = -EINVAL;

	if (in->head.a >= 1 && in->head.a <= SEGMENTS_MOST && m->ifindex)
		r = host_segments(m->host, m->ifindex, in->head.a);
	return answer_result(m, &in->head, r);
}

static int serve_redo(struct monitor *m, struct message_in *in)
{
	m->redo = true;
	return answer_result(m, &in->head, 0);
}

static int serve_reload(struct monitor *m, struct message_in *in)
{
	return in->head.seq ? reload_asked(m, in->head.seq) : -EPROTO;
}

/* While the worker commits, the host is already as it is to be. */
static uint32_t mark_now(const struct monitor *m)
{
	return m->committing ? m->planned.sockets.mark : m->mark;
}

static const struct network *network_now(const struct monitor *m)
{
	return m->committing ? &m->planned.wanted : &m->network;
}

/* A descriptor or -errno. */
static int blob_of_servers(struct monitor *m, bool inside)
{
	const struct upstream_view view = {
		.own = &m->conf,
		.network = network_now(m),
		.inside = inside,
	};
	struct print text = { 0 };
	int r = upstream_print(&m->upstream, &view, &text);

	if (r == 0)
		r = blob_make(text.chars, text.len);
	print_fini(&text);
	return r;
}

/* The jail of the worker means the file that was there when it started. */
static int serve_resolv(struct monitor *m, struct message_in *in)
{
	bool may = log_ratelimit(&m->resolvs, clock_now().mono, SECOND_NS, RESOLVS, NULL);
	int fd = may ? blob_of_servers(m, in->head.a) : -EBUSY, r;
	struct message reply = { .result = fd < 0 ? fd : 0 };

	r = answer(m, &in->head, &reply, &fd, fd >= 0);
	if (fd >= 0)
		close(fd);
	return r;
}

static bool is_query(const struct message *q)
{
	uint32_t how = q->b % MESSAGE_QUERY_SERVER;

	return (q->a == AF_INET || q->a == AF_INET6) &&
	       !(how & ~(uint32_t)(MESSAGE_QUERY_TCP | MESSAGE_QUERY_AROUND)) &&
	       q->b / MESSAGE_QUERY_SERVER <= UPSTREAM_MOST;
}

/* The worker may have an older list: then this is another one, and it will ask again. */
static struct ip server_of(const struct monitor *m, const struct message *q)
{
	uint32_t number = q->b / MESSAGE_QUERY_SERVER;
	const struct upstream_list *l = &m->upstream.printed;

	if (number && number <= l->n && l->server[number - 1].ip.family == q->a)
		return l->server[number - 1].ip;
	return (struct ip){ .family = (uint8_t)q->a };
}

/* What it sends goes the way of our own datagrams, even if all else goes into the tunnel. */
static int serve_query(struct monitor *m, struct message_in *in)
{
	struct host_query q = {
		.server = server_of(m, &in->head),
		.tcp = in->head.b & MESSAGE_QUERY_TCP,
		.mark = mark_now(m),
		.around = in->head.b & MESSAGE_QUERY_AROUND ? m->ifindex : 0,
	};
	struct message reply = { .result = -EINVAL };
	int fd = -1, r;

	if (is_query(&in->head))
		reply.result = -EBUSY;
	if (is_query(&in->head) &&
	    log_ratelimit(&m->queries, clock_now().mono, SECOND_NS, QUERIES, NULL))
		reply.result = host_query(m->host, &q, &fd);
	reply.b = q.link;
	r = answer(m, &in->head, &reply, &fd, fd >= 0);
	if (fd >= 0)
		close(fd);
	return r;
}

/* What a service manager shows is one line. */
static int serve_note(struct monitor *m, struct message_in *in)
{
	for (size_t i = 0; i < in->len; i++) {
		if ((unsigned char)in->text[i] < ' ' || in->text[i] == 127)
			in->text[i] = '?';
	}
	snprintf(m->note, sizeof(m->note), "STATUS=%s", in->text);
	/* While it starts, it comes with the word that it is ready. */
	if (m->phase == PHASE_UP && may_notify(m))
		notify_send(&m->notify, m->note);
	return 0;
}

static int serve_log(struct monitor *m, struct message_in *in)
{
	if (in->head.a < LOG_LEVEL_ERROR || in->head.a > LOG_LEVEL_DEBUG)
		return -EPROTO;
	if (serve_may_log(m))
		log_line((enum log_level)in->head.a, in->text);
	return 0;
}

static int serve_ready(struct monitor *m, struct message_in *in)
{
	(void)in;
	m->worker.ready = true;
	upkeep_tell_again(m);
	return 0;
}

/* Both processes work if this arrives and is passed on. */
static int serve_alive(struct monitor *m, struct message_in *in)
{
	(void)in;
	if (may_notify(m))
		notify_send(&m->notify, "WATCHDOG=1");
	return 0;
}

static int serve_answered(struct monitor *m, struct message_in *in)
{
	if (in->head.result > 0 || in->head.result < -ERRNO_MOST ||
	    (in->head.a && !is_mtu(in->head.a)))
		return -EPROTO;
	m->worker.answered = in->head.kind;
	m->worker.result = in->head.result;
	m->worker.mtu = in->head.a;
	return 0;
}

/* Never read here, only handed on. */
static int serve_state(struct monitor *m, struct message_in *in)
{
	struct keep *k = m->committing ? &m->state_next : &m->state;
	int r;

	if (in->n_fd != 1)
		return -EPROTO;
	/* Another worker would serve only the hooks of the end; copying could take long. */
	if (phase_is_over(m->phase))
		return 0;
	r = keep_take(k, in->fd[0]);
	if (r == -EINVAL)
		return -EPROTO;
	/* The one before is better than none. */
	if (r < 0 && serve_may_log(m))
		log_warn("cannot keep what the worker process runs: %s", strerror(-r));
	if (r == 0 && !k->locked && !m->said_unlocked) {
		m->said_unlocked = true;
		log_warn("the limit of locked memory is too low (ulimit -l; LimitMEMLOCK= of the "
			 "service): keys may be written to swap space, if the tunnel uses any");
	}
	return 0;
}

static int serve_stamp(struct monitor *m, struct message_in *in)
{
	int r = in->n_fd == 1 ? stampfile_take(&m->stamps, in->fd[0]) : -EINVAL;

	/* Those before are better than none. */
	return r == -EINVAL ? -EPROTO : 0;
}

/* To say so twice would give up a hook: that is for signals, not for a worker. */
static int serve_stop(struct monitor *m, struct message_in *in)
{
	if (in->head.a > STATUS_MOST)
		return -EPROTO;
	if (!phase_is_over(m->phase))
		turn_stop(m, (int)in->head.a);
	return 0;
}

static const struct verb {
	int (*serve)(struct monitor *m, struct message_in *in);
	bool text, fd; /* come with it */
} verbs[] = {
	[MESSAGE_UDP] = { .serve = serve_udp },
	[MESSAGE_MARK] = { .serve = serve_mark },
	[MESSAGE_MTU] = { .serve = serve_mtu },
	[MESSAGE_SEGMENTS] = { .serve = serve_segments },
	[MESSAGE_REDO] = { .serve = serve_redo },
	[MESSAGE_RELOAD] = { .serve = serve_reload },
	[MESSAGE_RESOLV] = { .serve = serve_resolv },
	[MESSAGE_QUERY] = { .serve = serve_query },
	[MESSAGE_NOTE] = { .serve = serve_note, .text = true },
	[MESSAGE_LOG] = { .serve = serve_log, .text = true },
	[MESSAGE_READY] = { .serve = serve_ready },
	[MESSAGE_ALIVE] = { .serve = serve_alive },
	[MESSAGE_PLANNED] = { .serve = serve_answered },
	[MESSAGE_DONE] = { .serve = serve_answered },
	[MESSAGE_STATE] = { .serve = serve_state, .fd = true },
	[MESSAGE_STAMP] = { .serve = serve_stamp, .fd = true },
	[MESSAGE_STOP] = { .serve = serve_stop },
};

int serve(struct monitor *m, struct message_in *in)
{
	const struct verb *v;

	if (in->head.kind >= LEN(verbs) || !verbs[in->head.kind].serve)
		return -EPROTO;
	v = &verbs[in->head.kind];
	if ((in->len && !v->text) || (in->n_fd && !v->fd))
		return -EPROTO;
	/* The sockets are about to change: this comes after that. */
	if (m->walking && (in->head.kind == MESSAGE_UDP || in->head.kind == MESSAGE_MARK)) {
		if (m->n_held == LEN(m->held))
			return answer_result(m, &in->head, -EBUSY);
		m->held[m->n_held++] = in->head;
		return 0;
	}
	return v->serve(m, in);
}

int serve_held(struct monitor *m)
{
	int r = 0;

	for (unsigned i = 0; i < m->n_held && r == 0 && m->worker.pid; i++) {
		struct message_in in;

		message_empty(&in);
		in.head = m->held[i];
		r = serve(m, &in);
	}
	m->n_held = 0;
	return r;
}
