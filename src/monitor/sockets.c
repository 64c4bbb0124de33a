/* SPDX-License-Identifier: ISC */
#include "monitor/sockets.h"

#include <errno.h>
#include <string.h>

#include "privsep/message.h"

_Static_assert((int)RECONCILE_SOCKETS == (int)HOST_SOCKETS, "all sockets");
_Static_assert((int)RECONCILE_SOCKETS <= (int)MESSAGE_FDS, "they fit");

void sockets_none(int all[RECONCILE_SOCKETS])
{
	for (int i = 0; i < RECONCILE_SOCKETS; i++)
		all[i] = -1;
}

void sockets_close(int all[RECONCILE_SOCKETS])
{
	for (int i = RECONCILE_SOCKETS - 1; i >= 0; i--)
		common_close(&all[i]);
}

int sockets_plan(struct sockets_plan *plan, struct monitor *m, int port, uint32_t mark,
		 bool must_open)
{
	const struct tune *t = &m->conf.tune;
	int r;

	*plan = (struct sockets_plan){ .port = m->port, .mark = mark };
	sockets_none(plan->fd);
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
		sockets_close(m->udp);
		memcpy(m->udp, plan->fd, sizeof(m->udp));
	}
	m->port = plan->port;
	m->mark = plan->mark;
}

void sockets_cancel(struct sockets_plan *plan, struct monitor *m)
{
	sockets_close(plan->fd);
	if (plan->remark)
		host_mark(m->host, m->udp, m->mark);
}

unsigned sockets_pass(const int all[RECONCILE_SOCKETS], int fd[RECONCILE_SOCKETS],
		      uint32_t *crossing)
{
	unsigned n = 0;

	for (int i = 0; i < RECONCILE_SOCKETS; i++) {
		if (all[i] < 0)
			continue;
		fd[n++] = all[i];
		*crossing |= (uint32_t)CROSSING_SOCKET << i;
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
