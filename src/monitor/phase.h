/* SPDX-License-Identifier: ISC */
#ifndef MONITOR_PHASE_H
#define MONITOR_PHASE_H

/*
 * Where a tunnel is in its life.  Legal transitions:
 *
 *   NEW      -> STARTING
 *   STARTING -> UP, ABORTED, DOWN (the start failed)
 *   UP       -> STOPPING
 *   ABORTED  -> DOWN, STOPPING (the last Up hook ended at that moment)
 *   STOPPING -> DOWN
 *
 * What is not a phase stays a fact of its own: that the device is gone or out of sight can
 * become true in any phase, and the exit status is a value.
 */

#include <stdbool.h>

enum phase {
	PHASE_NEW,      /* nothing was done yet; a zeroed phase */
	PHASE_STARTING, /* device, control socket, Up hooks, host, peers */
	PHASE_UP,
	PHASE_ABORTED,  /* told to stop while starting: no Down hooks */
	PHASE_STOPPING, /* told to stop while up, until the last Down hook has ended */
	PHASE_DOWN,     /* everything is undone */
	PHASES
};

const char *phase_name(enum phase phase);
bool phase_may_follow(enum phase from, enum phase to);
/* Change it.  false: not legal; an error is logged and nothing changes. */
bool phase_set(enum phase *phase, enum phase to);

/* Told to stop, or down already. */
bool phase_is_over(enum phase phase);
/* It was fully up, and is not down yet. */
bool phase_was_up(enum phase phase);

#endif
