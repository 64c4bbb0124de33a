/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_SERVICE_H
#define DAEMON_SERVICE_H

/*
 * What the service manager is told about this tunnel: that it is up, its state, that
 * it reloads or stops, and that it is alive.  Does nothing without a service
 * manager.
 */

#include <ev.h>

#include "daemon/notify.h"
#include "diag/summary.h"

struct daemon;

struct service {
	struct notify notify;
	ev_timer ping, look;
	struct summary told; /* the last one that was sent, and its text */
	char text[SUMMARY_TEXT];
	double told_at;     /* by the loop's clock */
	struct ev_loop *ev; /* NULL: the timers never ran */
	bool unsound;
};

/* Before anything is started: it cleans the environment. */
void service_open(struct service *s);
/* Before the loop is closed; a second time is fine. */
void service_close(struct service *s);

/* The tunnel is up, or up again after a reload. */
void service_ready(struct daemon *d);
void service_reloading(struct daemon *d);
void service_stopping(struct daemon *d);
/* Peers may have changed their state: look soon. */
void service_look(struct daemon *d);

#endif
