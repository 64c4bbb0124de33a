/* SPDX-License-Identifier: ISC */
#ifndef DATAPATH_RING_H
#define DATAPATH_RING_H

/*
 * The units of one direction, in the order in which they entered.  A zeroed struct is a
 * ring without units.
 *
 *	u = ring_free(r);	fill it, begin its work
 *	ring_push(r);		from now on it is in flight
 *	u = ring_oldest(r);	end its work, deliver it
 *	ring_pop(r);
 */

#include <stddef.h>
#include <stdint.h>

#include "datapath/unit.h"

struct ring {
	struct unit *unit;
	uint32_t size;
	uint32_t first, n; /* in flight: the oldest, and how many */
};

/* This many units, each as in unit_init(). 0 or -ENOMEM. */
int ring_init(struct ring *r, uint32_t units, uint32_t packets, uint32_t ends, size_t bytes);
void ring_fini(struct ring *r);
/* Nothing is in flight any more, and every unit is empty. */
void ring_reset(struct ring *r);

void ring_mtu(struct ring *r, uint32_t mtu);

/* The unit that ring_push() will add, empty; NULL: all are in flight. */
struct unit *ring_free(struct ring *r);
void ring_push(struct ring *r);
/* The unit that entered first; NULL: none is in flight. */
struct unit *ring_oldest(struct ring *r);
/* Remove it. */
void ring_pop(struct ring *r);

#endif
