/* SPDX-License-Identifier: ISC */
#ifndef UNIT_ADVERSARY_H
#define UNIT_ADVERSARY_H

/*
 * Stands in for threads of the worst kind: does the jobs of several flights one by one,
 * in an order that a seed decides.
 */

#include <stdbool.h>
#include <stdlib.h>

#include "proto/flight.h"
#include "seed.h"

struct adversary_job {
	struct flight *flight;
	uint32_t at;
};

static inline void adversary_do(struct flight *const flights[], size_t n, bool open,
				struct seed *seed)
{
	struct adversary_job *todo;
	uint32_t jobs = 0;
	size_t i;

	for (i = 0; i < n; i++)
		jobs += flights[i]->n;
	todo = calloc(jobs + 1, sizeof(*todo));
	if (!todo)
		abort();
	jobs = 0;
	for (i = 0; i < n; i++) {
		for (uint32_t at = 0; at < flights[i]->n; at++)
			todo[jobs++] = (struct adversary_job){ flights[i], at };
	}
	while (jobs) {
		uint32_t pick = seed_below(seed, jobs);
		struct flight *f = todo[pick].flight;
		struct flight one = { .jobs = &f->jobs[todo[pick].at], .n = 1, .cap = 1 };

		if (open)
			flight_open(&one);
		else
			flight_seal(&one);
		todo[pick] = todo[--jobs];
	}
	free(todo);
}

#endif
