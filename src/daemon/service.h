/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_SERVICE_H
#define DAEMON_SERVICE_H

/*
 * What a service manager is told of this tunnel: that it stands, how it is, that
 * it reloads, ends, and still lives.  Nothing of it happens when nobody wants to
 * be told.
 */

#include <ev.h>

#include "daemon/notify.h"
#include "diag/summary.h"

struct daemon;

struct service {
	struct notify notify;
	ev_timer ping, look;
	struct summary told; /* the last that was told, and its text */
	char text[SUMMARY_TEXT];
	double told_at;     /* of the loop's clock */
	struct ev_loop *ev; /* NULL: the timers never ran */
	bool running;       /* between ready and stopping */
	bool unsound;
};

/* Before anything is started: it cleans the environment. */
void service_open(struct service *s);
/* Before the loop is closed; a second time is fine. */
void service_close(struct service *s);

/* The tunnel stands, or stands again after a reload. */
void service_ready(struct daemon *d);
void service_reloading(struct daemon *d);
void service_stopping(struct daemon *d);
/* Peers may have changed their state: looked at soon. */
void service_look(struct daemon *d);

#endif
