/* SPDX-License-Identifier: ISC */
#ifndef PROTO_REPLAY_H
#define PROTO_REPLAY_H

/*
 * Sliding window against replay (RFC 6479): a ring of 8192 bits, which remembers the 8128
 * counters before the highest. A zeroed struct is an empty window. Use it only once a packet
 * is authentic: a stranger must not move the window.
 */

#include <stdbool.h>
#include <stdint.h>

enum {
	REPLAY_BITS = 8192,
	REPLAY_WORDS = REPLAY_BITS / 64,
	REPLAY_WINDOW = REPLAY_BITS - 64,
};

struct replay {
	uint64_t top; /* highest counter accepted + 1; 0: none yet */
	uint64_t bits[REPLAY_WORDS];
};

/* true once per counter that is new, not too old, and below REJECT_AFTER_MESSAGES. */
bool replay_accept(struct replay *r, uint64_t counter);

#endif
