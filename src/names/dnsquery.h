/* SPDX-License-Identifier: ISC */
#ifndef NAMES_DNSQUERY_H
#define NAMES_DNSQUERY_H

/*
 * One query for the addresses of a name, through c-ares (/etc/hosts, then DNS).
 * names/resolver.h retries; this asks once.  Queries share a channel.  A channel
 * reads resolv.conf only when it is created, so a new one is created when that file
 * has changed, and after a failure as soon as nothing is pending on the old one.  If somebody
 * fetches the text for us, we do not read the file; if that fails, the last one counts.
 *
 * An answer counts if its addresses belong to the name, by a chain of at most 16 aliases.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/endpoint.h"
#include "names/wires.h"

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

/*
 * Have the text of resolv.conf fetched: dnsquery_conf() follows.  failures: as passed to
 * dnsquery_ask().  false: not possible now.
 */
typedef bool dnsquery_fetch_fn(void *ctx, unsigned failures);
void dnsquery_set_fetch(struct dnsquery_channel *l, dnsquery_fetch_fn *fetch, void *ctx);
/* The text, as a file that is ours from now on; -1: none came. Asks what has waited for it. */
void dnsquery_conf(struct dnsquery_channel *l, int fd);
/* Have sockets asked for that lead past the tunnel (names/wires.h): dnsquery_socket() follows. */
void dnsquery_set_past(struct dnsquery_channel *l, const struct wires_past *past);
/* It is ours from now on; -1: there is none. */
void dnsquery_socket(struct dnsquery_channel *l, uint32_t number, int fd);

/*
 * failures: how often in a row this question brought nothing.  *asking is set before fn is called,
 * which may be before this returns.  -ENOMEM: never called.
 */
int dnsquery_ask(struct dnsquery_channel *l, const char *host, uint16_t port, unsigned failures,
		 dnsquery_fn *fn, void *ctx, struct dnsquery **asking);
/* fn will not be called any more. */
void dnsquery_forget(struct dnsquery *asking);

#endif
