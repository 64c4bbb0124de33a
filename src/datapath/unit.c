/* SPDX-License-Identifier: ISC */
#include "datapath/unit.h"

int unit_init(struct unit *u, uint32_t packets, uint32_t ends, size_t bytes)
{
	int r;

	*u = (struct unit){ 0 };
	r = batch_init(&u->batch, packets, ends, bytes);
	if (r == 0)
		r = flight_init(&u->flight, packets);
	if (r < 0)
		unit_fini(u);
	return r;
}

void unit_fini(struct unit *u)
{
	flight_fini(&u->flight);
	batch_fini(&u->batch);
	u->next = 0;
}

void unit_reset(struct unit *u)
{
	batch_reset(&u->batch);
	flight_reset(&u->flight);
	u->next = 0;
}
