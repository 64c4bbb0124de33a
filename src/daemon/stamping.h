/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_STAMPING_H
#define DAEMON_STAMPING_H

/*
 * Peers refuse an initiation whose stamp does not exceed all earlier ones, also those that an
 * earlier process sent.  Within a second of an initiation, the monitor gets what the next
 * process has to exceed: for each peer the highest stamp that was sent, plus a lead of two
 * seconds; or of a minute for a peer that was given up, so that asking it every few seconds does
 * not write to the disk each time.  At the start each peer goes on from there, unless the clock
 * is ahead of it anyway.  What was heard from peers is not kept: one whose clock was once in the
 * future must not be refused until then.
 */

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/print.h"

struct daemon;

struct stamping {
	struct print before; /* of earlier processes; empty: none are known */
	unsigned n;          /* how many */
	ev_timer timer;
	uint64_t saved_at, cost; /* of the last time, ns */
	bool due;
};

/* blob: of earlier processes; -1: there is none.  It is closed. */
void stamping_open(struct daemon *d, int blob);
/* Hands over what is due. */
void stamping_close(struct daemon *d);
/* Peers were added: they go on from what earlier processes have sent. */
void stamping_give(struct daemon *d);
/* An initiation was sent, or a peer is gone for good. */
void stamping_soon(struct daemon *d);

#endif
