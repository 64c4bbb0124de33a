/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_OUTBOX_H
#define DAEMON_OUTBOX_H

/*
 * Messages to the monitor, in order.  While it does not read, they wait here and not in the loop,
 * since packets must not wait for a busy monitor.
 */

#include <ev.h>
#include <stddef.h>

#include "privsep/message.h"

enum {
	OUTBOX_LOG = 4 << 20,  /* bytes that wait: then lines for the log are lost, and counted */
	OUTBOX_MOST = 5 << 20, /* ...and nothing else is taken */
};

struct outbox_item;

/* Zeroed: closed. */
struct outbox {
	int sock;
	struct ev_loop *ev; /* NULL: closed */
	ev_io io;
	struct outbox_item *first, *last;
	size_t bytes;
	unsigned lost; /* lines, not told yet */
	void (*gone)(void *ctx);
	void *ctx;
};

/* gone: the monitor is gone, which a later message found out. */
void outbox_open(struct outbox *o, struct ev_loop *ev, int sock, void (*gone)(void *ctx),
		 void *ctx);
/* Send what waits, if the monitor reads within a second; the socket stays open. */
void outbox_close(struct outbox *o);
/*
 * Send one with len bytes of text and, unless it is -1, fd, which is closed in any case. Where
 * only the latest of a kind counts, it takes the place of one that waits.  0; -EAGAIN: too much
 * waits; -EPIPE: the monitor is gone; or another -errno.
 */
int outbox_send(struct outbox *o, const struct message *m, const char *text, size_t len, int fd);

#endif
