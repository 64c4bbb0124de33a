/* SPDX-License-Identifier: ISC */
#include "proto/deadlines.h"

#include <errno.h>

#include "base/mem.h"

void deadlines_fini(struct deadlines *d)
{
	mem_free(d->heap);
	*d = (struct deadlines){ 0 };
}

int deadlines_reserve(struct deadlines *d, size_t n)
{
	size_t cap = d->cap ? d->cap : 16;
	struct deadline **heap;

	while (cap < n)
		cap *= 2;
	while (cap > 16 && cap / 4 >= n)
		cap /= 2;
	if (cap == d->cap)
		return 0;
	heap = mem_resize(d->heap, cap, sizeof(struct deadline *));
	if (!heap)
		return n <= d->cap ? 0 : -ENOMEM;
	d->heap = heap;
	d->cap = cap;
	return 0;
}

static void put(struct deadlines *d, size_t place, struct deadline *e)
{
	d->heap[place - 1] = e;
	e->place = place;
}

static void sift_up(struct deadlines *d, struct deadline *e)
{
	size_t place = e->place;

	while (place > 1 && d->heap[place / 2 - 1]->at > e->at) {
		put(d, place, d->heap[place / 2 - 1]);
		place /= 2;
	}
	put(d, place, e);
}

static void sift_down(struct deadlines *d, struct deadline *e)
{
	size_t place = e->place;

	for (;;) {
		size_t child = place * 2;

		if (child > d->n)
			break;
		if (child < d->n && d->heap[child]->at < d->heap[child - 1]->at)
			child++;
		if (d->heap[child - 1]->at >= e->at)
			break;
		put(d, place, d->heap[child - 1]);
		place = child;
	}
	put(d, place, e);
}

void deadlines_at_latest(struct deadlines *d, struct deadline *e, uint64_t at)
{
	if (at == UINT64_MAX || (e->place && e->at <= at))
		return;
	e->at = at;
	if (!e->place)
		put(d, ++d->n, e);
	sift_up(d, e);
}

void deadlines_remove(struct deadlines *d, struct deadline *e)
{
	struct deadline *last;

	if (!e->place)
		return;
	last = d->heap[--d->n];
	if (last != e) {
		put(d, e->place, last);
		sift_up(d, last);
		sift_down(d, last);
	}
	e->place = 0;
}

uint64_t deadlines_next(const struct deadlines *d)
{
	return d->n ? d->heap[0]->at : UINT64_MAX;
}

struct deadline *deadlines_take(struct deadlines *d, uint64_t now)
{
	struct deadline *e;

	if (!d->n || d->heap[0]->at > now)
		return NULL;
	e = d->heap[0];
	deadlines_remove(d, e);
	return e;
}
