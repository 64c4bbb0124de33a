/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_SUBSCRIBERS_H
#define CONTROL_SUBSCRIBERS_H

/*
 * The event listeners: control socket connections that asked for events=1 and get a
 * line of key=value pairs for each event from then on.
 *
 * Each listener has a bounded buffer.  Lines that do not fit are counted, and the
 * listener is told how many it missed as soon as it reads again.  One that reads
 * nothing for a long time is dropped.
 */

#include <stdbool.h>

#include "base/print.h"
#include "conf/conf.h"

struct ev_loop;
struct subscriber;

enum {
	SUBSCRIBERS_MAX = 8,
	SUBSCRIBERS_GUESTS = 4, /* those of them who may not stop the tunnel */
	SUBSCRIBERS_BUFFER = 64 << 10,
	SUBSCRIBERS_LINE = 4096,
};

struct subscribers {
	struct ev_loop *loop;
	struct subscriber *first;
	unsigned n, guests;
	double stall_s; /* without a byte read, while some are pending */
	char name[CONF_NAME_MAX + 1];
};

void subscribers_open(struct subscribers *f, struct ev_loop *loop, const char *name,
		      double stall_s);
/* Sends event=ending to those whose sockets have room, and drops all. */
void subscribers_close(struct subscribers *f);
/*
 * The feed owns fd (non-blocking) from now on. guest: the other side has less than all rights.
 * 0; -EBUSY: too many listeners, or guests among them; -ENOMEM.
 */
int subscribers_join(struct subscribers *f, int fd, bool guest);
/* Begin a line: "event=EVENT time=SECONDS interface=NAME"; control/record.h adds to it. */
void subscribers_begin(const struct subscribers *f, struct print *line, const char *event);
/*
 * End the line, and tell it to all listeners.  It is cut at SUBSCRIBERS_LINE, and is empty
 * afterwards; one that failed for lack of memory counts as missed.
 */
void subscribers_publish(struct subscribers *f, struct print *line);

#endif
