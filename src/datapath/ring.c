/* SPDX-License-Identifier: ISC */
#include "datapath/ring.h"

#include <errno.h>

#include "base/mem.h"

int ring_init(struct ring *r, uint32_t units, uint32_t packets, uint32_t ends, size_t bytes)
{
	int err;

	*r = (struct ring){ 0 };
	r->unit = mem_new_array(units, sizeof(*r->unit));
	if (!r->unit)
		return -ENOMEM;
	while (r->size < units) {
		err = unit_init(&r->unit[r->size], packets, ends, bytes);
		if (err < 0) {
			ring_fini(r);
			return err;
		}
		r->size++;
	}
	return 0;
}

void ring_fini(struct ring *r)
{
	while (r->size)
		unit_fini(&r->unit[--r->size]);
	mem_free(r->unit);
	*r = (struct ring){ 0 };
}

void ring_reset(struct ring *r)
{
	while (ring_oldest(r))
		ring_pop(r);
}

void ring_mtu(struct ring *r, uint32_t mtu)
{
	for (uint32_t i = 0; i < r->size; i++)
		r->unit[i].batch.mtu = mtu;
}

struct unit *ring_free(struct ring *r)
{
	struct unit *u;

	if (r->n == r->size)
		return NULL;
	u = &r->unit[(r->first + r->n) % r->size];
	unit_reset(u); /* it may have been filled, but never pushed */
	return u;
}

void ring_push(struct ring *r)
{
	r->n++;
}

struct unit *ring_oldest(struct ring *r)
{
	return r->n ? &r->unit[r->first] : NULL;
}

void ring_pop(struct ring *r)
{
	unit_reset(&r->unit[r->first]);
	r->first = (r->first + 1) % r->size;
	r->n--;
}
