/* SPDX-License-Identifier: ISC */
#ifndef PROTO_STAGED_H
#define PROTO_STAGED_H

/*
 * Plain packets that wait for a session, oldest first: at most 128, in a ring of bounded size; the
 * oldest make room. Its memory is allocated with the first packet and freed with the last.
 * A zeroed struct is empty.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct staged {
	uint8_t *ring;
	uint32_t size;       /* of it; 0: there is none */
	uint32_t head, used; /* bytes: where the oldest begins, how many are taken */
	uint32_t n;          /* packets */
};

/*
 * Copies the packet; if it is the first, size bytes are allocated. Returns how many old ones were
 * dropped; -1: no memory (or longer than the stage), and it is not kept.
 */
int staged_push(struct staged *s, const uint8_t *data, size_t len, uint32_t size);
/* Length of the oldest; only if n > 0. */
size_t staged_length(const struct staged *s);
/* Take out the oldest; out has staged_length() bytes of room. */
void staged_pop(struct staged *s, uint8_t *out);
/* Drop all; returns how many. */
uint32_t staged_purge(struct staged *s);

#endif
