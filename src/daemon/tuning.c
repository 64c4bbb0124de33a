/* SPDX-License-Identifier: ISC */
#include "daemon/tuning.h"

#include <string.h>

_Static_assert((int)TUNE_SWITCHES == (int)OFFLOADS && (int)TUNE_TUN_USO == (int)OFFLOAD_TUN_USO &&
		       (int)TUNE_TUN_UDP_GRO == (int)OFFLOAD_TUN_UDP_GRO &&
		       (int)TUNE_UDP_GRO == (int)OFFLOAD_UDP_GRO,
	       "a switch for each offload, in the same order");
_Static_assert((int)TUNE_AUTO == (int)OFFLOAD_AUTO && (int)TUNE_ON == (int)OFFLOAD_ON &&
		       (int)TUNE_OFF == (int)OFFLOAD_OFF,
	       "the same three words");

void tuning_begin(struct daemon *d)
{
	const struct tune *t = &d->conf.tune;

	for (unsigned i = 0; i < OFFLOADS; i++)
		d->path.offloads.kind[i].wish = (enum offload_wish)t->value[i];
	if (t->value[TUNE_BATCH_BYTES])
		d->loop.budget = t->value[TUNE_BATCH_BYTES];
}

void tuning_sockets(struct daemon *d, const int fd[UDP_SOCKETS])
{
	const struct tune *t = &d->conf.tune;

	host_buffers(d->host, fd, t->value[TUNE_UDP_RCVBUF], t->value[TUNE_UDP_SNDBUF]);
}

void tuning_device(struct daemon *d)
{
	uint32_t len = d->conf.tune.value[TUNE_TUN_QUEUE_LEN];
	int r;

	if (!len || d->link_lost)
		return;
	r = host_queue_len(d->host, d->ifindex, len);
	if (r < 0)
		log_warn("cannot set TunQueueLen: %s", strerror(-r));
}

void tuning_compare(const struct tune *now, const struct tune *next, struct print *report)
{
	enum tune_kind kind = TUNE_TUN_VNET;

	while ((kind = tune_differs(now, next, kind)) < TUNE_KINDS) {
		print_add(report, "%s changed: it counts from the next start on\n", tune_key(kind));
		kind++;
	}
}
