/* SPDX-License-Identifier: ISC */
#include "proto/reach.h"

#include <stddef.h>
#include <string.h>

static struct reach_place *candidate_at(struct reach *r, const struct endpoint *end)
{
	for (unsigned i = 0; i < r->n; i++) {
		if (endpoint_same_remote(&r->candidate[i].end, end))
			return &r->candidate[i];
	}
	return NULL;
}

/* NULL: it is none of them. */
static struct reach_place *place_at(struct reach *r, const struct endpoint *end)
{
	struct reach_place *place = candidate_at(r, end);

	if (place)
		return place;
	if (endpoint_known(&r->roamed.end) && endpoint_same_remote(&r->roamed.end, end))
		return &r->roamed;
	return NULL;
}

static void add(struct reach *r, const struct reach_place *place)
{
	if (r->n < REACH_CANDIDATES && !candidate_at(r, &place->end))
		r->candidate[r->n++] = *place;
}

static bool is_listed(const struct endpoint *ends, unsigned n, const struct endpoint *end)
{
	while (n > 0 && !endpoint_same_remote(&ends[n - 1], end))
		n--;
	return n > 0;
}

/* Name servers shuffle: those that stay keep their order, so that each has its turn. */
static const struct reach_place *replace(struct reach *r, const struct endpoint *ends, unsigned n)
{
	struct reach old = *r;
	unsigned stay;

	memset(r->candidate, 0, sizeof(r->candidate));
	r->n = 0;
	for (unsigned i = 0; i < old.n; i++) {
		if (is_listed(ends, n, &old.candidate[i].end))
			add(r, &old.candidate[i]);
	}
	stay = r->n;
	for (unsigned i = 0; i < n; i++) {
		struct reach_place place = { .end = ends[i] };
		const struct reach_place *known = place_at(&old, &ends[i]);

		endpoint_forget_local(&place.end);
		add(r, known ? known : &place);
	}
	if (candidate_at(r, &r->roamed.end))
		r->roamed = (struct reach_place){ 0 };
	return r->n > stay ? &r->candidate[stay] : NULL;
}

const struct endpoint *reach_set(struct reach *r, const struct endpoint *ends, unsigned n,
				 const struct endpoint *at, bool works)
{
	const struct reach_place *added = replace(r, ends, n);

	if (works)
		reach_found(r, at);
	if (works || n == 0)
		return NULL;
	if (candidate_at(r, at) || (place_at(r, at) && !added))
		return NULL;
	r->asked = 0;
	return added ? &added->end : &r->candidate[0].end;
}

void reach_found(struct reach *r, const struct endpoint *at)
{
	r->asked = 0;
	if (candidate_at(r, at)) {
		r->roamed = (struct reach_place){ 0 };
		return;
	}
	if (endpoint_same_remote(&r->roamed.end, at))
		return;
	r->roamed = (struct reach_place){ .end = *at };
	endpoint_forget_local(&r->roamed.end);
}

/* The one after the present one; the first, if that is none of them. */
static const struct endpoint *next_place(struct reach *r, const struct endpoint *at)
{
	const struct reach_place *here = place_at(r, at);
	bool roamed = endpoint_known(&r->roamed.end);
	unsigned n = r->n + roamed, i = 0;

	if (n == 0 || (n == 1 && here))
		return NULL;
	if (here && here != &r->roamed)
		i = (unsigned)(here - r->candidate + 1) % n;
	return i < r->n ? &r->candidate[i].end : &r->roamed.end;
}

const struct endpoint *reach_ask(struct reach *r, const struct endpoint *at, uint64_t heard_at,
				 uint64_t now)
{
	if (heard_at > r->asked_at)
		r->asked = 0;
	r->asked_at = now;
	if (r->asked == REACH_PATIENCE)
		return next_place(r, at);
	r->asked++;
	return NULL;
}
