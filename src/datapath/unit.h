/* SPDX-License-Identifier: ISC */
#ifndef DATAPATH_UNIT_H
#define DATAPATH_UNIT_H

/*
 * What travels the data path as one: a batch, what the AEAD still owes it, and how far it
 * was sent.  The units of one direction are in a ring and leave it in the order in which
 * they entered, whatever the order in which their jobs were done.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/batch.h"
#include "proto/flight.h"

struct unit {
	struct batch batch;
	struct flight flight;
	uint32_t next; /* first packet not handled yet */
};

/* Sizes as in batch_init(). 0 or -ENOMEM. */
int unit_init(struct unit *u, uint32_t packets, uint32_t ends, size_t bytes);
void unit_fini(struct unit *u);
/* Empty it; its memory stays. */
void unit_reset(struct unit *u);

#endif
