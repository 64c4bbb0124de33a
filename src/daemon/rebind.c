/* SPDX-License-Identifier: ISC */
#include "daemon/rebind.h"

#include "base/clock.h"
#include "daemon/internal.h"
#include "proto/admin.h"

void rebind(struct daemon *d, uint16_t port, uint32_t mark, int fd[2])
{
	bool other = fd[0] >= 0 || fd[1] >= 0;

	/* What a full socket holds back would leave from a socket it was not made for. */
	datapath_quiesce(&d->datapath, clock_now());
	if (other)
		udp_use(&d->datapath.udp, fd);
	fd[0] = fd[1] = -1;
	if (other || mark != d->mark)
		admin_network_changed(&d->datapath.tunnel);
	d->port = port;
	d->mark = mark;
	if (!other)
		return;
	admin_sockets_changed(&d->datapath.tunnel, clock_now());
	loop_follow_datapath(&d->loop);
}
