/* SPDX-License-Identifier: ISC */
#ifndef NAMES_CHANNEL_H
#define NAMES_CHANNEL_H

/* c-ares on our loop: its sockets and its timeouts. */

#include <ares.h>
#include <ev.h>

#include "names/wires.h"

struct channel {
	struct ev_loop *loop;
	ares_channel ares; /* after each call that may send: channel_expect() */
	struct wires wires;
	ev_timer timer; /* c-ares' next timeout */
};

/* As in names/dnsquery.h; it must stay where it is, and so must past.  0 or -ENOMEM. */
struct channel_plan {
	char *resolv_conf;
	const char *servers;
	int timeout_ms;
	struct wires_past *past;
};
int channel_open(struct channel *c, struct ev_loop *loop, const struct channel_plan *plan);
/* Ends its queries, which are told so.  Not from inside one. */
void channel_close(struct channel *c);
/* A query was begun: wait for its timeout. */
void channel_expect(struct channel *c);

#endif
