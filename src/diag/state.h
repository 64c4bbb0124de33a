/* SPDX-License-Identifier: ISC */
#ifndef DIAG_STATE_H
#define DIAG_STATE_H

/*
 * How a peer is, in one word and one sentence: derived in this one place from
 * what the core knows of it.  Pure.
 */

#include <stdbool.h>
#include <stdint.h>

#include "proto/peer.h"

enum state_word {
	STATE_RESOLVING,   /* its name has no address yet */
	STATE_HANDSHAKING, /* asked, not answered yet */
	STATE_UP,          /* a session is there and answers */
	STATE_IDLE,        /* nothing wrong, nothing to do */
	STATE_STALE,       /* a session is there, but nothing comes back */
	STATE_DEAD,        /* nothing will happen before somebody acts */
	STATE_COUNT
};

enum { STATE_TEXT = 192 };

struct state {
	enum state_word word;
	char reason[STATE_TEXT]; /* no quotes, no line breaks */
};

/* What the daemon around the peer knows. */
struct state_context {
	bool link_up, have_key;
	const char *host; /* its endpoint is a name; NULL: it is not */
	const char *why;  /* why the name has no address; NULL: not asked or not answered yet */
	unsigned retry_seconds;
};

/* mono: CLOCK_BOOTTIME ns. */
void state_of(struct state *s, const struct peer *peer, const struct state_context *around,
	      uint64_t mono);
/* The word alone, at a fraction of the price: for looking at many peers often. */
enum state_word state_glance(const struct peer *peer, const struct state_context *around,
			     uint64_t mono);
const char *state_name(enum state_word word);
/* Somebody should know: resolving, stale or dead, and not merely quiet. */
bool state_is_trouble(enum state_word word);
/* What went wrong at that time has not been put right since by a handshake. */
bool state_unsettled(const struct peer *peer, uint64_t at);

#endif
