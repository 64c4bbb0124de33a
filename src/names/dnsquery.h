/* SPDX-License-Identifier: ISC */
#ifndef NAMES_DNSQUERY_H
#define NAMES_DNSQUERY_H

/*
 * One query for the addresses of a name, through c-ares (/etc/hosts, then DNS).
 * names/resolver.h retries; this asks once.  Queries share a channel.  A channel
 * reads resolv.conf only when it is created, so a new one is created when that file
 * has changed, and after a failure as soon as nothing is pending on the old one. A file that
 * may not be read (EACCES) is fetched by somebody who may; if nobody can, it counts as unchanged.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/endpoint.h"

struct dnsquery_channel;
struct dnsquery;
struct ev_loop;

/* n > 0 addresses, best first, or 0 and why not. The query is over. */
typedef void dnsquery_fn(void *ctx, const struct endpoint *ends, unsigned n, const char *why);

/* resolv_conf: the file to read; servers: NULL, or "address:port,..." to use instead. Copied. */
int dnsquery_open(struct dnsquery_channel **l, struct ev_loop *loop, const char *resolv_conf,
		  const char *servers, int timeout_ms);
/* Forgets pending queries. Not from inside a dnsquery_fn. */
void dnsquery_close(struct dnsquery_channel *l);

/* Have the text of resolv.conf fetched: dnsquery_conf() follows.  false: not possible now. */
typedef bool dnsquery_fetch_fn(void *ctx);
void dnsquery_set_fetch(struct dnsquery_channel *l, dnsquery_fetch_fn *fetch, void *ctx);
/* The text, as a file that is ours from now on; -1: none came. Asks what has waited for it. */
void dnsquery_conf(struct dnsquery_channel *l, int fd);

/* *asking is set before fn is called, which may be before this returns. -ENOMEM: never called. */
int dnsquery_ask(struct dnsquery_channel *l, const char *host, uint16_t port, dnsquery_fn *fn,
		 void *ctx, struct dnsquery **asking);
/* fn will not be called any more. */
void dnsquery_forget(struct dnsquery *asking);

#endif
