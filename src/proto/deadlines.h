/* SPDX-License-Identifier: ISC */
#ifndef PROTO_DEADLINES_H
#define PROTO_DEADLINES_H

/*
 * When each peer is due: a binary heap. An entry may be earlier than its peer's real deadline
 * (a timer that was moved on is noticed when it comes up), never later, so that the packet
 * path rarely touches the heap.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct deadline {
	uint64_t at;
	size_t place; /* in the heap, from 1; 0: not in it */
};

/* A zeroed struct is an empty heap. */
struct deadlines {
	struct deadline **heap;
	size_t n, cap;
};

void deadlines_fini(struct deadlines *d);
/* Room for n entries, so that deadlines_at_latest() cannot fail. 0 or -ENOMEM. */
int deadlines_reserve(struct deadlines *d, size_t n);
/* Make it due at this time or earlier. UINT64_MAX: no change. */
void deadlines_at_latest(struct deadlines *d, struct deadline *e, uint64_t at);
void deadlines_remove(struct deadlines *d, struct deadline *e);
/* UINT64_MAX: nothing waits. */
uint64_t deadlines_next(const struct deadlines *d);
/* Take out one entry that is due; NULL: none. */
struct deadline *deadlines_take(struct deadlines *d, uint64_t now);

#endif
