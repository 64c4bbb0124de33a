/* SPDX-License-Identifier: ISC */
#include "proto/staged.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "proto/limits.h"

enum { LENGTH = 4 }; /* each packet is preceded by its length */

static void copy_in(struct staged *s, const void *data, size_t len)
{
	uint32_t at = (s->head + s->used) % s->size;
	size_t first = s->size - at < len ? s->size - at : len;

	memcpy(s->ring + at, data, first);
	memcpy(s->ring, (const uint8_t *)data + first, len - first);
	s->used += (uint32_t)len;
}

static void copy_out(const struct staged *s, uint32_t at, void *data, size_t len)
{
	size_t first;

	at %= s->size;
	first = s->size - at < len ? s->size - at : len;
	memcpy(data, s->ring + at, first);
	memcpy((uint8_t *)data + first, s->ring, len - first);
}

static void drop_oldest(struct staged *s)
{
	uint32_t size = LENGTH + (uint32_t)staged_length(s);

	s->head = (s->head + size) % s->size;
	s->used -= size;
	s->n--;
}

static void release(struct staged *s)
{
	mem_free(s->ring);
	*s = (struct staged){ 0 };
}

int staged_push(struct staged *s, const uint8_t *data, size_t len, uint32_t size)
{
	uint8_t length[LENGTH];
	int dropped = 0;

	if (s->ring)
		size = s->size;
	if (len > size - LENGTH)
		return -1;
	if (!s->ring) {
		s->ring = mem_new(size);
		if (!s->ring)
			return -1;
		s->size = size;
	}
	while (s->n >= STAGED_PACKETS || s->used + LENGTH + len > s->size) {
		drop_oldest(s);
		dropped++;
	}
	store_le32(length, (uint32_t)len);
	copy_in(s, length, LENGTH);
	if (len)
		copy_in(s, data, len);
	s->n++;
	return dropped;
}

size_t staged_length(const struct staged *s)
{
	uint8_t length[LENGTH];

	copy_out(s, s->head, length, LENGTH);
	return load_le32(length);
}

void staged_pop(struct staged *s, uint8_t *out)
{
	size_t len = staged_length(s);

	if (len)
		copy_out(s, s->head + LENGTH, out, len);
	drop_oldest(s);
	if (!s->n)
		release(s);
}

uint32_t staged_purge(struct staged *s)
{
	uint32_t n = s->n;

	s->n = 0;
	release(s);
	return n;
}
