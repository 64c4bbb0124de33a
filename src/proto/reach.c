/* SPDX-License-Identifier: ISC */
#include "proto/reach.h"

#include <stddef.h>
#include <string.h>

static bool is_listed(const struct endpoint *ends, unsigned n, const struct endpoint *end)
{
	while (n > 0 && !endpoint_same_remote(&ends[n - 1], end))
		n--;
	return n > 0;
}

static bool is_candidate(const struct reach *r, const struct endpoint *end)
{
	return is_listed(r->candidate, r->n, end);
}

/* It was found at a place that is no candidate. */
static bool has_roamed(const struct reach *r)
{
	return endpoint_known(&r->found) && !is_candidate(r, &r->found);
}

static bool is_place(const struct reach *r, const struct endpoint *end)
{
	if (is_candidate(r, end))
		return true;
	return endpoint_known(&r->found) && endpoint_same_remote(&r->found, end);
}

static unsigned places(const struct reach *r)
{
	return r->n + has_roamed(r);
}

static void add(struct reach *r, const struct endpoint *end)
{
	if (r->n == REACH_CANDIDATES || is_candidate(r, end))
		return;
	r->candidate[r->n] = *end;
	endpoint_forget_local(&r->candidate[r->n++]);
}

/* Name servers shuffle: those that stay keep their order, so that each has its turn. */
static const struct endpoint *replace(struct reach *r, const struct endpoint *ends, unsigned n)
{
	struct reach old = *r;
	unsigned stay;

	memset(r->candidate, 0, sizeof(r->candidate));
	r->n = 0;
	for (unsigned i = 0; i < old.n; i++) {
		if (is_listed(ends, n, &old.candidate[i]))
			add(r, &old.candidate[i]);
	}
	stay = r->n;
	for (unsigned i = 0; i < n; i++)
		add(r, &ends[i]);
	/* It was found where its name led at the time. */
	if (is_candidate(&old, &r->found) && !is_candidate(r, &r->found))
		r->found = (struct endpoint){ 0 };
	return r->n > stay ? &r->candidate[stay] : NULL;
}

static void stay(struct reach *r, const struct endpoint *at)
{
	r->found = *at;
	endpoint_forget_local(&r->found);
}

const struct endpoint *reach_set(struct reach *r, const struct endpoint *ends, unsigned n,
				 const struct endpoint *at, bool works)
{
	const struct endpoint *added = replace(r, ends, n);

	if (works)
		stay(r, at);
	if (works || n == 0)
		return NULL;
	if (is_candidate(r, at) || (is_place(r, at) && !added))
		return NULL;
	r->asked = 0;
	return added ? added : &r->candidate[0];
}

void reach_found(struct reach *r, const struct endpoint *at)
{
	r->asked = 0;
	stay(r, at);
}

/* The one after the present one; the first, if that is none of them. */
static const struct endpoint *next_place(const struct reach *r, const struct endpoint *at)
{
	unsigned n = places(r), i = 0;

	if (n == 0 || (n == 1 && is_place(r, at)))
		return NULL;
	while (i < r->n && !endpoint_same_remote(&r->candidate[i], at))
		i++;
	/* Behind the candidates is the place that it roamed to, or none. */
	i = i < r->n ? (i + 1) % n : 0;
	return i < r->n ? &r->candidate[i] : &r->found;
}

const struct endpoint *reach_ask(struct reach *r, const struct endpoint *at, bool works)
{
	if (r->asked == REACH_PATIENCE)
		return works ? NULL : next_place(r, at);
	r->asked++;
	return NULL;
}

void reach_unasked(struct reach *r)
{
	if (r->asked)
		r->asked--;
}

void reach_left(struct reach *r)
{
	r->stuck = 0;
}

void reach_stuck(struct reach *r)
{
	if (r->stuck < UINT8_MAX)
		r->stuck++;
}

const struct endpoint *reach_again(struct reach *r, const struct endpoint *at)
{
	const struct endpoint *home = reach_home(r, at);

	/* If only some are out of reach, the others must have their turn. */
	if (r->stuck == 0 || r->stuck < places(r))
		return NULL;
	r->asked = r->stuck = 0;
	return endpoint_same_remote(home, at) ? NULL : home;
}

const struct endpoint *reach_home(const struct reach *r, const struct endpoint *at)
{
	if (endpoint_known(&r->found))
		return &r->found;
	return r->n ? &r->candidate[0] : at;
}
