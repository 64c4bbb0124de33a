/* SPDX-License-Identifier: ISC */
#include "proto/index.h"

#include "base/mem.h"

enum { INDEX_MIN = 16 };

/*
 * Open addressing with linear probing, at most half full. The indices are random and chosen by
 * us, so they serve as their own hash.
 */

static struct index_entry *probe(const struct index_table *t, uint32_t index)
{
	size_t i = index & (t->size - 1);

	while (t->slot[i].kind != INDEX_FREE && t->slot[i].index != index)
		i = (i + 1) & (t->size - 1);
	return &t->slot[i];
}

static bool resize(struct index_table *t, size_t size)
{
	struct index_table bigger = { .n = t->n, .size = size };

	bigger.slot = mem_new_array(size, sizeof(*bigger.slot));
	if (!bigger.slot)
		return false;
	for (size_t i = 0; i < t->size; i++) {
		if (t->slot[i].kind != INDEX_FREE)
			*probe(&bigger, t->slot[i].index) = t->slot[i];
	}
	mem_free(t->slot);
	*t = bigger;
	return true;
}

void index_fini(struct index_table *t)
{
	mem_free(t->slot);
	*t = (struct index_table){ 0 };
}

bool index_add(struct index_table *t, enum index_kind kind, void *target, const struct rng *rng,
	       uint32_t *index)
{
	struct index_entry *e;

	if ((t->n + 1) * 2 > t->size && !resize(t, t->size ? t->size * 2 : INDEX_MIN))
		return false;
	do {
		*index = rng_u32(rng);
		e = probe(t, *index);
	} while (e->kind != INDEX_FREE);
	*e = (struct index_entry){ .index = *index, .kind = (uint8_t)kind, .target = target };
	t->n++;
	return true;
}

void *index_find(const struct index_table *t, uint32_t index, enum index_kind kind)
{
	struct index_entry *e;

	if (!t->size)
		return NULL;
	e = probe(t, index);
	return e->kind == kind ? e->target : NULL;
}

void index_turn(struct index_table *t, uint32_t index, enum index_kind kind, void *target)
{
	struct index_entry *e;

	if (!t->size)
		return;
	e = probe(t, index);
	if (e->kind == INDEX_FREE)
		return;
	e->kind = (uint8_t)kind;
	e->target = target;
}

void index_remove(struct index_table *t, uint32_t index)
{
	struct index_entry *e;
	size_t hole, i, mask = t->size - 1;

	if (!t->size)
		return;
	e = probe(t, index);
	if (e->kind == INDEX_FREE)
		return;
	e->kind = INDEX_FREE;
	t->n--;
	/* Close the gap: move back entries that would no longer be found. */
	hole = (size_t)(e - t->slot);
	for (i = (hole + 1) & mask; t->slot[i].kind != INDEX_FREE; i = (i + 1) & mask) {
		size_t home = t->slot[i].index & mask;

		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		t->slot[hole] = t->slot[i];
		t->slot[i].kind = INDEX_FREE;
		hole = i;
	}
	if (t->size > INDEX_MIN && t->n * 8 < t->size)
		resize(t, t->size / 2); /* no memory: it stays large */
}
