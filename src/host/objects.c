/* SPDX-License-Identifier: ISC */
#include "host/objects.h"

#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"

void objects_fini(struct objects *set)
{
	mem_free(set->object);
	*set = (struct objects){ 0 };
}

int objects_add(struct objects *set, const struct object *o)
{
	struct object *object;
	size_t cap;

	if (set->n == set->cap) {
		cap = set->cap ? 2 * set->cap : 16;
		object = mem_resize(set->object, cap, sizeof(*object));
		if (!object)
			return -ENOMEM;
		set->object = object;
		set->cap = cap;
	}
	set->object[set->n++] = *o;
	return 0;
}

static int compare(const void *a, const void *b)
{
	return object_compare(a, b);
}

void objects_sort(struct objects *set)
{
	size_t kept = 0;

	if (set->n == 0)
		return;
	qsort(set->object, set->n, sizeof(*set->object), compare);
	for (size_t i = 0; i < set->n; i++) {
		if (kept == 0 || object_compare(&set->object[kept - 1], &set->object[i]) != 0)
			set->object[kept++] = set->object[i];
	}
	set->n = kept;
}

bool objects_has(const struct objects *set, const struct object *o)
{
	return set->n && bsearch(o, set->object, set->n, sizeof(*o), compare);
}
