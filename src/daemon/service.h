/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_SERVICE_H
#define DAEMON_SERVICE_H

/*
 * What the service manager is told about this tunnel, through the monitor: its state, and that
 * it is alive.
 */

#include <ev.h>

#include "diag/summary.h"

struct daemon;

struct service {
	ev_timer ping, look;
	struct summary told; /* the last one that was sent, and its text */
	char text[SUMMARY_TEXT];
	double told_at; /* by the loop's clock */
	bool wanted;    /* there is a service manager */
	bool unsound;
};

/* wanted: there is one.  It wants to hear of us at least so often; 0: it does not. */
void service_open(struct daemon *d, bool wanted, uint64_t watchdog_us);
void service_close(struct daemon *d);

/* Tell its state now. */
void service_tell(struct daemon *d);
/* The tunnel is up: tell from time to time. */
void service_up(struct daemon *d);
/* Peers may have changed their state: look soon. */
void service_look(struct daemon *d);

#endif
