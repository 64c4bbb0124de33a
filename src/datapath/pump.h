/* SPDX-License-Identifier: ISC */
#ifndef DATAPATH_PUMP_H
#define DATAPATH_PUMP_H

/*
 * Shares out time between the two directions of the data path, within a budget of bytes
 * and rounds.  It knows neither clock nor loop: the caller says what has data, and when.
 */

#include <stdbool.h>
#include <stdint.h>

#include "datapath/datapath.h"

enum {
	PUMP_SOURCES = UDP_SOCKETS + 1,
	PUMP_DEVICE = 1 << UDP_SOCKETS, /* in the sets below, beside a bit per socket */
};

struct pump {
	struct datapath *path;
	uint64_t budget; /* bytes per run: how long a timer or a small packet may have to wait */
	unsigned ready;  /* set by the caller: what has data; empty after pump_run() */
	unsigned backing_off;          /* what failed; not tried until the caller clears it */
	unsigned failed[PUMP_SOURCES]; /* times in a row */
	bool bulk;                     /* the device last had bulk data, not just answers */
};

/* path outlives the pump. */
void pump_init(struct pump *p, struct datapath *path);
/* Move data until nothing waits or the budget is used up; the next run does the rest. */
void pump_run(struct pump *p, struct instant now);

#endif
