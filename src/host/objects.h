/* SPDX-License-Identifier: ISC */
#ifndef HOST_OBJECTS_H
#define HOST_OBJECTS_H

/* A set of objects: filled, sorted once, then searched. Zeroed: empty. */

#include <stddef.h>

#include "host/object.h"

struct objects {
	struct object *object;
	size_t n, cap;
};

void objects_fini(struct objects *set);
/* 0 or -ENOMEM. */
int objects_add(struct objects *set, const struct object *o);
/* By object_compare(); removes duplicates. */
void objects_sort(struct objects *set);
/* Only after objects_sort(). */
bool objects_has(const struct objects *set, const struct object *o);

#endif
