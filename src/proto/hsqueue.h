/* SPDX-License-Identifier: ISC */
#ifndef PROTO_HSQUEUE_H
#define PROTO_HSQUEUE_H

/*
 * Handshake messages waiting for their turn, apart from data: a bounded queue of copies, so
 * that expensive arithmetic never holds up packets. Only messages with a valid mac1 get in. A
 * zeroed struct is empty; its memory is allocated with the first message and kept.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/endpoint.h"
#include "proto/limits.h"
#include "proto/wire.h"

struct hsqueue_entry {
	uint8_t message[WIRE_HANDSHAKE_MAX];
	uint8_t len;
	struct endpoint from;
	bool proved; /* that it can be reached there: under load, its mac2 was right */
};

struct hsqueue {
	struct hsqueue_entry *ring;
	uint32_t first, n;
};

/* false: full, or no memory. */
bool hsqueue_push(struct hsqueue *l, const uint8_t *message, size_t len,
		  const struct endpoint *from, bool proved);
/* The oldest, or NULL; it stays valid until the next push. */
const struct hsqueue_entry *hsqueue_pop(struct hsqueue *l);
void hsqueue_fini(struct hsqueue *l);

#endif
