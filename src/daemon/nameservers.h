/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_NAMESERVERS_H
#define DAEMON_NAMESERVERS_H

/*
 * Whom the resolver asks, and which way.  The monitor knows the servers.  A question for the
 * address of a peer must not go into the tunnel that waits for it: if that is where the route
 * leads, and the peer there has no session yet, the monitor makes a socket that leads past it.
 */

#include <stdbool.h>

#include "base/ip.h"

struct daemon;

enum { NAMESERVERS_MOST = 16 };

struct nameservers {
	bool failed;                        /* the text could not be read: told */
	struct ip server[NAMESERVERS_MOST]; /* in the order in which the monitor told them */
	unsigned n;
	int past_error;     /* why they could not be asked past the tunnel; 0: they could */
	uint32_t past_link; /* that the last socket past it leaves by; 0: as routes tell */
};

void nameservers_start(struct daemon *d);

/* Where a question to a server goes. */
enum nameservers_way {
	NAMESERVERS_OUTSIDE, /* the route does not lead into the tunnel */
	NAMESERVERS_PAST,    /* it does, but not for what has our mark */
	NAMESERVERS_INSIDE,  /* it does for anything: only another link avoids it */
	NAMESERVERS_HERE,    /* to this host, and what it asks in turn goes into the tunnel */
};
enum nameservers_way nameservers_way(struct daemon *d, const struct ip *server);

#endif
