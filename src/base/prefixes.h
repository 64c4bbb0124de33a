/* SPDX-License-Identifier: ISC */
#ifndef BASE_PREFIXES_H
#define BASE_PREFIXES_H

/* A set of prefixes: filled, sorted once, then searched. Zeroed: empty. */

#include "base/prefix.h"

struct prefixes {
	struct prefix *prefix;
	size_t n, cap;
};

void prefixes_fini(struct prefixes *set);
/* 0 or -ENOMEM. */
int prefixes_add(struct prefixes *set, const struct prefix *p);
/* Longest prefixes first; removes duplicates. */
void prefixes_sort(struct prefixes *set);
/* Only after prefixes_sort(). */
bool prefixes_has(const struct prefixes *set, const struct prefix *p);

#endif
