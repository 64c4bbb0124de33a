/* SPDX-License-Identifier: ISC */
#ifndef PROTO_STAGE_H
#define PROTO_STAGE_H

/*
 * Plain packets that wait for a session, oldest first: at most 128 and at most
 * STAGED_BYTES; the oldest make room.  Its memory comes with the first packet
 * and goes with the last.  A zeroed struct is empty.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stage {
	uint8_t *ring;
	uint32_t head, used; /* bytes: where the oldest begins, how many are taken */
	uint32_t n;          /* packets */
};

/*
 * Copies the packet. How many old ones had to go; -1: no memory (or longer than the
 * stage), it is not kept.
 */
int stage_push(struct stage *s, const uint8_t *data, size_t len);
/* Length of the oldest; only if n > 0. */
size_t stage_length(const struct stage *s);
/* Take out the oldest; out has stage_length() bytes of room. */
void stage_pop(struct stage *s, uint8_t *out);
/* Drop all; how many. */
uint32_t stage_purge(struct stage *s);

#endif
