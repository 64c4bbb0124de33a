/* SPDX-License-Identifier: ISC */
#include "proto/lane.h"

#include "base/bytes.h"
#include "base/mem.h"

bool lane_push(struct lane *l, const uint8_t *message, size_t len, const struct endpoint *from)
{
	struct lane_entry *e;

	if (l->n >= LANE_SIZE || len > WIRE_HANDSHAKE_MAX)
		return false;
	if (!l->ring)
		l->ring = mem_new_array(LANE_SIZE, sizeof(*l->ring));
	if (!l->ring)
		return false;
	e = &l->ring[(l->first + l->n) % LANE_SIZE];
	memcpy(e->message, message, len);
	e->len = (uint8_t)len;
	e->from = *from;
	l->n++;
	return true;
}

const struct lane_entry *lane_pop(struct lane *l)
{
	const struct lane_entry *e;

	if (!l->n)
		return NULL;
	e = &l->ring[l->first];
	l->first = (l->first + 1) % LANE_SIZE;
	l->n--;
	return e;
}

void lane_fini(struct lane *l)
{
	mem_free(l->ring);
	*l = (struct lane){ 0 };
}
