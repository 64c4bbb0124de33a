/* SPDX-License-Identifier: ISC */
#include "proto/hsqueue.h"

#include "base/bytes.h"
#include "base/mem.h"

bool hsqueue_push(struct hsqueue *l, const uint8_t *message, size_t len,
		  const struct endpoint *from, bool proved)
{
	struct hsqueue_entry *e;

	if (l->n >= HSQUEUE_SIZE || len > WIRE_HANDSHAKE_MAX)
		return false;
	if (!l->ring)
		l->ring = mem_new_array(HSQUEUE_SIZE, sizeof(*l->ring));
	if (!l->ring)
		return false;
	e = &l->ring[(l->first + l->n) % HSQUEUE_SIZE];
	memcpy(e->message, message, len);
	e->len = (uint8_t)len;
	e->from = *from;
	e->proved = proved;
	l->n++;
	return true;
}

const struct hsqueue_entry *hsqueue_pop(struct hsqueue *l)
{
	const struct hsqueue_entry *e;

	if (!l->n)
		return NULL;
	e = &l->ring[l->first];
	l->first = (l->first + 1) % HSQUEUE_SIZE;
	l->n--;
	return e;
}

void hsqueue_fini(struct hsqueue *l)
{
	mem_free(l->ring);
	*l = (struct hsqueue){ 0 };
}
