/* SPDX-License-Identifier: ISC */
#include "proto/flight.h"

#include <errno.h>

#include "base/mem.h"

int flight_init(struct flight *f, uint32_t cap)
{
	*f = (struct flight){ .cap = cap };
	f->jobs = mem_new_array(cap, sizeof(*f->jobs));
	f->work = mem_new_array(cap, sizeof(*f->work));
	if (f->jobs && f->work)
		return 0;
	flight_fini(f);
	return -ENOMEM;
}

void flight_fini(struct flight *f)
{
	mem_free(f->jobs);
	mem_free(f->work);
	*f = (struct flight){ 0 };
}

void flight_seal(struct flight *f)
{
	aead_seal(f->jobs, f->n);
}

void flight_open(struct flight *f)
{
	aead_open(f->jobs, f->n);
}
