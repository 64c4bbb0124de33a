/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_CLIENT_H
#define CONTROL_CLIENT_H

/*
 * One connection to the control socket: collects bytes until a request is whole, has
 * it answered, writes the answer as fast as the other side reads it, and only then
 * looks at the next request.  The buffers of both directions are wiped.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/control.h"
#include "control/rights.h"

struct client;
struct ev_loop;
struct subscribers;

/* What the clients of one control share, and how they report that they have left. */
struct client_home {
	struct ev_loop *loop;
	const struct control_calls *calls;
	void *ctx;                       /* of the calls */
	struct subscribers *subscribers; /* takes over connections that ask for events */
	double stall_s, request_s, idle_s;
	size_t held;          /* bytes of request buffers, of all clients */
	struct client *first; /* all clients */
	uint64_t tickets;     /* given out so far */
	unsigned n;
	unsigned guests;                        /* those of them with less than all rights */
	void (*gone)(struct client_home *home); /* after one has left */
};

/*
 * Serve fd, which belongs to the client from now on, as far as its rights go. 0 or -ENOMEM (fd
 * stays the caller's).
 */
int client_new(struct client_home *home, int fd, enum rights rights);
/* The answer to the request with this ticket has come, if its client is still there. */
void client_answer(struct client_home *home, uint64_t ticket, int result,
		   const struct print *lines);
/*
 * The client, or the guest, that has been silent longest, and for at least that many seconds:
 * it has neither sent nor read anything, and does not wait for us. NULL: there is none.
 */
struct client *client_silent(const struct client_home *home, bool guest, double least_s);
/* Close and free; home->gone is not called. */
void client_free(struct client *c);

#endif
