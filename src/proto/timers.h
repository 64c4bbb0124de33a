/* SPDX-License-Identifier: ISC */
#ifndef PROTO_TIMERS_H
#define PROTO_TIMERS_H

/*
 * The timers of one peer (whitepaper 6.2 to 6.5): events in, deadlines out.
 * Functions are named after what happened.  now is CLOCK_BOOTTIME in ns.
 *
 * A zeroed struct is a peer whose interface is down: arming does nothing until
 * timers_start().  A deadline of 0 is "not armed".
 *
 * What is armed is entered in the heap at once, so nobody has to say that a timer moved.
 */

#include <stdbool.h>
#include <stdint.h>

#include "crypto/rng.h"
#include "proto/deadlines.h"

enum timer {
	TIMER_RETRANSMIT,    /* handshake: 5 s and jitter after an unanswered initiation */
	TIMER_KEEPALIVE,     /* passive: 10 s after data came in and nothing went out */
	TIMER_NEW_HANDSHAKE, /* 15 s and jitter after data went out and nothing came in */
	TIMER_FORGET,        /* 540 s after a session was made: wipe everything */
	TIMER_PERSISTENT,    /* the configured interval */
	TIMER_COUNT
};

struct timers {
	uint64_t at[TIMER_COUNT];
	struct deadlines *heap;   /* NULL: they are stopped */
	struct deadline deadline; /* in the heap: the earliest of them, or before */
	uint32_t attempts;        /* initiations repeated so far; new traffic resets it */
	uint32_t unanswered;      /* initiations since the last session, or since giving up */
	uint64_t asked_at;        /* when the first of these left; valid while unanswered */
	uint16_t interval;        /* persistent keepalive, seconds; 0: off */
	bool need_another;        /* data came in while TIMER_KEEPALIVE was armed */
	bool last_minute;         /* renewed by receiving already in this session */
};

/* From now on they run. The heap has room for one more entry, and outlives them. */
void timers_start(struct timers *t, struct deadlines *heap);
void timers_stop(struct timers *t); /* disarm all; reset attempts */

void timers_data_sent(struct timers *t, uint64_t now, const struct rng *c);
void timers_data_received(struct timers *t, uint64_t now);
void timers_any_sent(struct timers *t);
void timers_any_received(struct timers *t);
void timers_traversal(struct timers *t, uint64_t now);
void timers_initiation_sent(struct timers *t, uint64_t now, const struct rng *c);
/* ...on this side: it does not count. */
void timers_initiation_lost(struct timers *t);
void timers_session_derived(struct timers *t, uint64_t now);
void timers_handshake_complete(struct timers *t);
/* No initiation may leave now: try again when one may. */
void timers_gate_closed(struct timers *t, uint64_t opens, const struct rng *c);

/* A handshake is wanted now, whatever the age of the session. */
void timers_handshake_wanted(struct timers *t, uint64_t now);
/* The last attempt got no answer: nothing more until there is traffic. */
void timers_gave_up(struct timers *t, uint64_t now);

/* The timers whose deadline this is. */
struct timers *timers_of(struct deadline *d);
/* The earliest deadline; UINT64_MAX: none. */
uint64_t timers_next(const struct timers *t);
/*
 * Disarm and return one timer that is due, or -1.  Call it until -1, handling each one:
 * after -1 the others are back in the heap.
 */
int timers_take(struct timers *t, uint64_t now);

#endif
