/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_RESOLVE_H
#define DAEMON_RESOLVE_H

/*
 * Names to addresses without blocking the loop (c-ares).  A question is asked
 * again for ever, after 1 s, then longer up to 60 s, until it is answered or
 * cancelled; the answer may change with every asking.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

struct resolver;
struct question;
struct ev_loop;

/*
 * Called from the loop: n > 0 addresses (port filled in, in the resolver's order
 * of preference; RFC 6724), or n == 0 and why not ("name does not exist"), with
 * the seconds until it is asked again.
 */
typedef void resolve_fn(void *ctx, const struct endpoint *ends, unsigned n, const char *why,
			unsigned retry_seconds);

int resolve_open(struct resolver **r, struct ev_loop *loop);
/* Cancels all questions. Not from inside a resolve_fn. */
void resolve_close(struct resolver *r);

/* What a test makes smaller; a zero means the usual value. */
struct resolve_limits {
	const char *resolv_conf; /* /etc/resolv.conf */
	const char *servers;     /* "address:port,...", instead of those of resolv_conf */
	int timeout_ms;          /* until a server is asked again: 2000 */
	double unit_s; /* first pause after a failure, also one "second" of retry_seconds: 1 */
};

/* resolve_open() with other limits, copied. */
int resolve_open_with(struct resolver **r, struct ev_loop *loop,
		      const struct resolve_limits *limits);

/* Ask now, and after each failure again. host is copied. NULL: no memory. */
struct question *resolve_ask(struct resolver *r, const char *host, uint16_t port, resolve_fn *fn,
			     void *ctx);
/*
 * Ask once more right away (a failing one: without waiting for its turn).
 * Nothing happens while an asking is under way.
 */
void resolve_again(struct question *q);
/* Also from inside its resolve_fn; NULL is fine. */
void resolve_cancel(struct question *q);

#endif
