/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_LOOP_H
#define DAEMON_LOOP_H

/*
 * The event loop: waits for device, sockets, the core's deadline and netlink, and
 * runs the pump when there is data.
 *
 * Data is moved at the end of a pass, within a budget of bytes and rounds; what is
 * left is picked up by the next pass, after the control socket and the timers have
 * had their turn.
 */

#include <ev.h>
#include <stdbool.h>

#include "datapath/datapath.h"
#include "datapath/pump.h"

struct loop_calls {
	void (*netlink)(void *ctx);
	void (*routes)(void *ctx); /* the same about routes */
	void (*event)(void *ctx, const struct event *e, struct instant now);
	void (*device_gone)(void *ctx);
	void (*initiated)(void *ctx); /* initiations were sent; may be NULL */
};

struct loop {
	struct ev_loop *ev;
	struct datapath *path;
	const struct loop_calls *calls;
	void *ctx;
	struct pump pump;
	ev_io device, socket[UDP_WAYS], writable, timer, netlink, routes;
	ev_prepare prepare;
	ev_check check;
	ev_timer backoff;
	int timer_fd;
	uint64_t armed;       /* what the timer is set to; UINT64_MAX: not */
	uint64_t late_max;    /* ns: the longest that a deadline of the core had to wait */
	uint64_t initiations; /* of the tunnel, as they were told */
	unsigned watched;     /* in the bits of pump.h: what was waited for since loop_is_sound() */
	uint64_t breathed;    /* mono ns: when packets could pass the last time */
	bool busy;            /* with packets or events: no breath now */
	bool settle;          /* set while peers change: nothing may refer to one after a breath */
	bool gone; /* the device, and it was reported: a fact, whatever the tunnel does then */
};

/* path outlives the loop. 0 or -errno. */
int loop_open(struct loop *l, struct datapath *path, const struct loop_calls *calls, void *ctx);
void loop_close(struct loop *l);

/* Watch the descriptors of path (or -1: none) from now on. Call after each change of them. */
void loop_follow_datapath(struct loop *l);
/* -1: stop watching. */
void loop_follow_netlink(struct loop *l, int fd);
void loop_follow_routes(struct loop *l, int fd);

/*
 * Run until loop_break().  Meanwhile a breath (base/breath.h) moves the packets that wait, if
 * none could pass for 2 ms.
 */
void loop_run(struct loop *l);
void loop_break(struct loop *l);
/*
 * true: since the last call, seconds ago, every descriptor of the path was waited
 * for, and none did nothing but fail.
 */
bool loop_is_sound(struct loop *l, double seconds);

#endif
