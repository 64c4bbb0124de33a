/* SPDX-License-Identifier: ISC */
#include "daemon/nameservers.h"

#include <errno.h>
#include <string.h>

#include "daemon/internal.h"

static void fetched(struct daemon *d, const struct elevate_plea *plea,
		    const struct elevate_answer *a)
{
	bool failed = a->result < 0 || a->fd[0] < 0;

	(void)plea;
	/* Too many at once is no failure, it will ask again. */
	if (failed && !d->resolv_failed && a->result != -EBUSY)
		log_warn("cannot read resolv.conf: %s; names are still resolved as before",
			 strerror(-a->result));
	d->resolv_failed = failed && a->result != -EBUSY;
	resolver_conf(d->resolver, a->fd[0]);
}

static bool fetch(void *ctx)
{
	const struct elevate_plea plea = { .then = fetched };

	return elevate_ask(ctx, MESSAGE_RESOLV, 0, 0, &plea) == 0;
}

void nameservers_start(struct daemon *d)
{
	resolver_set_fetch(d->resolver, fetch, d);
}
