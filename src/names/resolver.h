/* SPDX-License-Identifier: ISC */
#ifndef NAMES_RESOLVER_H
#define NAMES_RESOLVER_H

/*
 * Names to addresses without blocking the loop (c-ares).  A question is asked again
 * after 1 s, then at growing intervals of up to 60 s, until it is answered or
 * cancelled; each answer may differ from the one before.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/endpoint.h"

struct resolver;
struct resolver_request;
struct ev_loop;

/*
 * Called from the loop: n > 0 addresses (port filled in, in the resolver's order
 * of preference; RFC 6724), or n == 0 and why not ("name does not exist"), with
 * the seconds until it is asked again.
 */
typedef void resolver_fn(void *ctx, const struct endpoint *ends, unsigned n, const char *why,
			 unsigned retry_seconds);

int resolver_open(struct resolver **r, struct ev_loop *loop);
/* Cancels all questions. Not from inside a resolver_fn. */
void resolver_close(struct resolver *r);

/*
 * Before a question, fetch is called if resolv.conf has changed or the last one failed: to have it
 * read by somebody who may, and who knows which servers can be asked.  resolver_conf() brings the
 * text, as a file that is the resolver's from then on, or -1: the last one counts.  failures: how
 * often in a row that question brought nothing.  false: nobody can be asked now.  Meanwhile
 * questions wait.
 */
typedef bool resolver_fetch_fn(void *ctx, unsigned failures);
void resolver_set_fetch(struct resolver *r, resolver_fetch_fn *fetch, void *ctx);
void resolver_conf(struct resolver *r, int fd);

/*
 * Called for each socket to a server.  true: one that leads past the tunnel was asked for, and
 * resolver_socket() brings it, the resolver's from then on, or -1: there is none.
 */
typedef bool resolver_past_fn(void *ctx, const struct ip *server, bool tcp, uint32_t number);
void resolver_set_past(struct resolver *r, resolver_past_fn *ask, void *ctx);
void resolver_socket(struct resolver *r, uint32_t number, int fd);

/* Limits that a test lowers; zero means the default. */
struct resolver_limits {
	const char *resolv_conf; /* /etc/resolv.conf */
	const char *servers;     /* "address:port,...", instead of those of resolv_conf */
	int timeout_ms;          /* until a server is asked again: 2000 */
	double unit_s;           /* first pause after a failure, and the unit of retry_seconds: 1 */
};

/* resolver_open() with other limits, copied. */
int resolver_open_with(struct resolver **r, struct ev_loop *loop,
		       const struct resolver_limits *limits);

/* Ask now, and again after each failure. host is copied. NULL: no memory. */
struct resolver_request *resolver_ask(struct resolver *r, const char *host, uint16_t port,
				      resolver_fn *fn, void *ctx);
/*
 * Ask once more right away (a failed one: without waiting for its retry).  No effect
 * while a query is pending.
 */
void resolver_again(struct resolver_request *q);
/* Also from inside its resolver_fn; NULL is fine. */
void resolver_cancel(struct resolver_request *q);

#endif
