/* SPDX-License-Identifier: ISC */
#ifndef DIAG_STATE_H
#define DIAG_STATE_H

/*
 * The state of a peer, in one word and one sentence: derived in this one place from
 * what the core knows about it.  Pure.
 */

#include <stdbool.h>
#include <stdint.h>

#include "control/vocabulary.h"
#include "proto/peer.h"

enum { STATE_TEXT = 192 };

struct state {
	enum state_word word;
	char reason[STATE_TEXT];
};

/* What the daemon around the peer knows. */
struct state_context {
	bool link_up, have_key;
	const char *host; /* its endpoint is a name; NULL: it is not */
	const char *why;  /* why the name has no address; NULL: not asked or not answered yet */
	unsigned retry_seconds;
	uint64_t asked_at; /* when the name was first asked for, mono ns */
};

/* mono: CLOCK_BOOTTIME ns. */
void state_of(struct state *s, const struct peer *peer, const struct state_context *around,
	      uint64_t mono);
/* The word alone, at a fraction of the cost: for looking at many peers often. */
enum state_word state_glance(const struct peer *peer, const struct state_context *around,
			     uint64_t mono);
/* Somebody should know: resolving, stale or dead, and not merely quiet. */
bool state_is_trouble(enum state_word word);
/* No handshake has succeeded since it went wrong at that time. */
bool state_unsettled(const struct peer *peer, uint64_t at);

#endif
