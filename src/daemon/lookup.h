/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_LOOKUP_H
#define DAEMON_LOOKUP_H

/*
 * One asking for the addresses of a name, through c-ares (/etc/hosts, then DNS).
 * daemon/resolve.h asks again and again; this asks once.  Many askings share a
 * channel; a new channel reads resolv.conf anew, so one is made when that file
 * has changed, and after a failure as soon as nobody waits on the old one.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

struct lookup;
struct asking;
struct ev_loop;

/* n > 0 addresses, best first, or 0 and why not. The asking is over. */
typedef void lookup_fn(void *ctx, const struct endpoint *ends, unsigned n, const char *why);

/* resolv_conf: the file to read; servers: NULL, or "address:port,..." to use instead. Copied. */
int lookup_open(struct lookup **l, struct ev_loop *loop, const char *resolv_conf,
		const char *servers, int timeout_ms);
/* Askings under way are forgotten. Not from inside a lookup_fn. */
void lookup_close(struct lookup *l);

/* *asking is set before fn is called, which may be before this returns. -ENOMEM: never called. */
int lookup_ask(struct lookup *l, const char *host, uint16_t port, lookup_fn *fn, void *ctx,
	       struct asking **asking);
/* fn will not be called any more. */
void lookup_forget(struct asking *asking);

#endif
