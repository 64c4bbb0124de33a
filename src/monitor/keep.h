/* SPDX-License-Identifier: ISC */
#ifndef MONITOR_KEEP_H
#define MONITOR_KEEP_H

/*
 * What the worker runs, for the next one: bytes with keys in them, which nobody reads here.
 * They are kept in memory that is locked, if the limit allows that, and wiped at the end.
 */

#include <stdbool.h>
#include <stddef.h>

/* Zeroed: nothing is kept. */
struct keep {
	void *bytes;
	size_t len;
	bool locked;
};

/*
 * Keep what is in this blob, instead of what was kept before.  0; -EINVAL: it is none, or
 * another -errno: nothing changed.
 */
int keep_take(struct keep *k, int blob);
/* The same as a new blob, a descriptor; -ENOENT: nothing is kept; or another -errno. */
int keep_blob(const struct keep *k);
/* Wiped. */
void keep_drop(struct keep *k);
/* From one to the other, which was dropped. */
void keep_move(struct keep *to, struct keep *from);

#endif
