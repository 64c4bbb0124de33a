/* SPDX-License-Identifier: ISC */
#ifndef PROTO_FLIGHT_H
#define PROTO_FLIGHT_H

/*
 * What the AEAD still owes a batch: jobs, and the session of each.  The core fills a
 * flight, flight_seal() or flight_open() does the jobs, on any thread, and the core
 * continues with the results.  Meanwhile batch, flight and sessions stay where they are:
 * a session that leaves its keyring is not freed before tunnel_sweep().
 *
 * A zeroed struct is a flight without room.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/batch.h"
#include "crypto/aead.h"

struct session;

/* Which packet a job is for, under which session. */
struct flight_work {
	struct pkt *pkt;
	struct session *session;
};

struct flight {
	struct aead_job *jobs;
	struct flight_work *work; /* of each job */
	uint32_t n, cap;
	bool messages; /* the batch has messages other than data, which tunnel_take() processes */
};

/* cap: the most jobs, one for each packet of the batch. 0 or -ENOMEM. */
int flight_init(struct flight *f, uint32_t cap);
void flight_fini(struct flight *f);

/* Do all jobs. Touches only the jobs and their packets. */
void flight_seal(struct flight *f);
void flight_open(struct flight *f);

static inline void flight_reset(struct flight *f)
{
	f->n = 0;
	f->messages = false;
}

/* A job for this packet, for the caller to fill in; NULL: no room. */
static inline struct aead_job *flight_add(struct flight *f, struct pkt *p, struct session *s)
{
	if (f->n == f->cap)
		return NULL;
	f->work[f->n] = (struct flight_work){ .pkt = p, .session = s };
	return &f->jobs[f->n++];
}

#endif
