/* SPDX-License-Identifier: ISC */
#include "base/prefixes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void prefixes_fini(struct prefixes *set)
{
	mem_free(set->prefix);
	*set = (struct prefixes){ 0 };
}

int prefixes_add(struct prefixes *set, const struct prefix *p)
{
	if (set->n == set->cap) {
		size_t cap = set->cap ? 2 * set->cap : 8;
		struct prefix *more = mem_resize(set->prefix, cap, sizeof(*more));

		if (!more)
			return -ENOMEM;
		set->prefix = more;
		set->cap = cap;
	}
	set->prefix[set->n++] = *p;
	return 0;
}

static int order(const void *left, const void *right)
{
	const struct prefix *a = left, *b = right;

	if (a->ip.family != b->ip.family)
		return a->ip.family < b->ip.family ? -1 : 1;
	if (a->bits != b->bits)
		return a->bits > b->bits ? -1 : 1;
	return memcmp(a->ip.bytes, b->ip.bytes, ip_len(a->ip.family));
}

void prefixes_sort(struct prefixes *set)
{
	size_t kept = 0;

	if (set->n == 0)
		return;
	qsort(set->prefix, set->n, sizeof(*set->prefix), order);
	for (size_t i = 1; i < set->n; i++) {
		if (order(&set->prefix[kept], &set->prefix[i]) != 0)
			set->prefix[++kept] = set->prefix[i];
	}
	set->n = kept + 1;
}

bool prefixes_has(const struct prefixes *set, const struct prefix *p)
{
	return set->n && bsearch(p, set->prefix, set->n, sizeof(*p), order);
}
