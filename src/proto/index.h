/* SPDX-License-Identifier: ISC */
#ifndef PROTO_INDEX_H
#define PROTO_INDEX_H

/*
 * Receiver indices: 32 random bits, unique in the tunnel, leading to a handshake in flight
 * (its peer) or to a session. They do not reveal how many there are, and any number is legal.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/rng.h"

enum index_kind { INDEX_FREE, INDEX_HANDSHAKE, INDEX_SESSION };

struct index_entry {
	uint32_t index;
	uint8_t kind; /* enum index_kind */
	void *target; /* struct peer of a handshake, struct session of a session */
};

/* A zeroed struct is an empty table. */
struct index_table {
	struct index_entry *slot;
	size_t n, size; /* size: 0 or a power of two */
};

void index_fini(struct index_table *t);
/* A fresh index for the target; false: no memory. */
bool index_add(struct index_table *t, enum index_kind kind, void *target, const struct rng *rng,
	       uint32_t *index);
/* NULL unless the index leads to something of that kind. */
void *index_find(const struct index_table *t, uint32_t index, enum index_kind kind);
/* Make the index lead to something else: a handshake became a session. */
void index_turn(struct index_table *t, uint32_t index, enum index_kind kind, void *target);
/* Does nothing if it is not there. */
void index_remove(struct index_table *t, uint32_t index);

#endif
