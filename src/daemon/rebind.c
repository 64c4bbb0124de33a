/* SPDX-License-Identifier: ISC */
#include "daemon/rebind.h"

#include "base/clock.h"
#include "daemon/internal.h"
#include "proto/admin.h"

_Static_assert((int)RECONCILE_SOCKETS == (int)UDP_WAYS, "all sockets");

void rebind(struct daemon *d, uint16_t port, uint32_t mark, int fd[RECONCILE_SOCKETS])
{
	bool other = fd[0] >= 0 || fd[1] >= 0;

	/* What a full socket holds back would leave from a socket it was not made for. */
	datapath_quiesce(&d->datapath, clock_now());
	if (other) {
		udp_use(&d->datapath.udp, fd);
		udp_use_apart(&d->datapath.udp, fd + UDP_SOCKETS);
	}
	for (int i = 0; i < RECONCILE_SOCKETS; i++)
		fd[i] = -1;
	if (other || mark != d->mark)
		admin_network_changed(&d->datapath.tunnel);
	d->port = port;
	d->mark = mark;
	if (!other)
		return;
	admin_sockets_changed(&d->datapath.tunnel, clock_now());
	loop_follow_datapath(&d->loop);
}
