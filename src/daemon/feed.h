/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_FEED_H
#define DAEMON_FEED_H

/*
 * Who listens to what happens: connections of the control socket that asked for
 * events=1, and get a line of key=value pairs for each event from then on.
 *
 * Each listener has a bounded buffer.  Lines that find it full are counted, and
 * the listener is told how many it has missed as soon as it reads on.  One that
 * takes nothing for a long time is dropped.
 */

#include <stdbool.h>

#include "conf/conf.h"

struct ev_loop;
struct listener;

enum { FEED_LISTENERS = 8, FEED_BUFFER = 64 << 10, FEED_LINE = 4096 };

struct feed {
	struct ev_loop *loop;
	struct listener *first;
	unsigned n;
	double hopeless_s; /* without a byte taken, while some wait */
	char name[CONF_NAME_MAX + 1];
};

void feed_open(struct feed *f, struct ev_loop *loop, const char *name, double hopeless_s);
/* Says goodbye to all, as far as their sockets take it. */
void feed_close(struct feed *f);
/* fd, not blocking, listens from now on and is the feed's. 0; -EBUSY: enough do; -ENOMEM. */
int feed_join(struct feed *f, int fd);
/*
 * "event=EVENT time=SECONDS interface=NAME", and what format adds (with a blank
 * before it, without newline), to all listeners.  The line is cut at FEED_LINE.
 */
void feed_tell(struct feed *f, const char *event, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
