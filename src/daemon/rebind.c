/* SPDX-License-Identifier: ISC */
#include "daemon/rebind.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "daemon/tuning.h"
#include "proto/admin.h"

int rebind_plan(struct rebind_plan *plan, struct daemon *d, int port, uint32_t mark)
{
	const int *fd = d->datapath.udp.fd;
	int r;

	*plan = (struct rebind_plan){ .fd = { -1, -1 }, .port = d->port, .mark = mark };
	plan->rebind = d->port == 0 || (port != REBIND_KEEP_PORT && port != d->port);
	if (plan->rebind) {
		r = host_udp(d->host, port > 0 ? (uint16_t)port : 0, mark, plan->fd, &plan->port);
		if (r == 0)
			tuning_sockets(d, plan->fd);
		return r;
	}
	plan->remark = mark != d->mark;
	if (!plan->remark)
		return 0;
	r = host_mark(d->host, fd, mark);
	if (r < 0)
		host_mark(d->host, fd, d->mark);
	return r;
}

void rebind_commit(struct rebind_plan *plan, struct daemon *d, struct instant now)
{
	/* What a full socket holds back would leave from a socket it was not made for. */
	datapath_quiesce(&d->datapath, now);
	if (plan->rebind)
		udp_use(&d->datapath.udp, plan->fd);
	if (plan->rebind || plan->remark)
		admin_network_changed(&d->datapath.tunnel);
	d->port = plan->port;
	d->mark = plan->mark;
	if (plan->rebind)
		loop_follow_datapath(&d->loop);
}

void rebind_cancel(struct rebind_plan *plan, struct daemon *d)
{
	for (int i = 0; plan->rebind && i < UDP_SOCKETS; i++) {
		if (plan->fd[i] >= 0)
			close(plan->fd[i]);
	}
	if (plan->remark)
		host_mark(d->host, d->datapath.udp.fd, d->mark);
}

void rebind_log_port(int error, uint16_t port)
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
