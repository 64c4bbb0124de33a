/* SPDX-License-Identifier: ISC */
#include "monitor/sockets.h"

#include <errno.h>
#include <string.h>

#include "privsep/reconcile.h"

static void close_pair(int fd[2])
{
	common_close(&fd[0]);
	common_close(&fd[1]);
}

int sockets_plan(struct sockets_plan *plan, struct monitor *m, int port, uint32_t mark,
		 bool must_open)
{
	const struct tune *t = &m->conf.tune;
	int r;

	*plan = (struct sockets_plan){ .fd = { -1, -1 }, .port = m->port, .mark = mark };
	plan->reopen = (m->port == 0 && must_open) ||
		       (port != SOCKETS_KEEP_PORT && (port == 0 || port != m->port));
	if (plan->reopen) {
		r = host_udp(m->host, port > 0 ? (uint16_t)port : 0, mark, plan->fd, &plan->port);
		if (r == 0)
			host_buffers(m->host, plan->fd, t->value[TUNE_UDP_RCVBUF],
				     t->value[TUNE_UDP_SNDBUF]);
		return r;
	}
	plan->remark = mark != m->mark;
	if (!plan->remark)
		return 0;
	r = host_mark(m->host, m->udp, mark);
	if (r < 0)
		host_mark(m->host, m->udp, m->mark);
	return r;
}

void sockets_commit(struct sockets_plan *plan, struct monitor *m)
{
	if (plan->reopen) {
		close_pair(m->udp);
		memcpy(m->udp, plan->fd, sizeof(m->udp));
	}
	m->port = plan->port;
	m->mark = plan->mark;
}

void sockets_cancel(struct sockets_plan *plan, struct monitor *m)
{
	close_pair(plan->fd);
	if (plan->remark)
		host_mark(m->host, m->udp, m->mark);
}

unsigned sockets_pass(const int pair[2], int fd[2], uint32_t *crossing)
{
	unsigned n = 0;

	for (int i = 0; i < 2; i++) {
		if (pair[i] < 0)
			continue;
		fd[n++] = pair[i];
		*crossing |= i ? CROSSING_V6 : CROSSING_V4;
	}
	return n;
}

void sockets_log_error(int error, uint16_t port)
{
	if (error == -EADDRINUSE)
		log_error("UDP port %u is in use by another program (ss -ulpn shows it): stop it, "
			  "or set another ListenPort",
			  port);
	else if (error == -EACCES)
		log_error("no permission to use UDP port %u: ports below 1024 need "
			  "CAP_NET_BIND_SERVICE",
			  port);
	else if (error == -EPERM)
		log_error("no permission to set FwMark: it needs CAP_NET_ADMIN");
	else
		log_error("cannot open UDP port %u: %s", port, strerror(-error));
}
