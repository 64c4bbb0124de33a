/* SPDX-License-Identifier: ISC */
#ifndef DIAG_SUMMARY_H
#define DIAG_SUMMARY_H

/*
 * How a tunnel with any number of peers is, in one line: what the service manager
 * shows.  A zeroed struct has no peers.  Pure.
 */

#include <stdbool.h>

#include "diag/label.h"
#include "diag/state.h"

enum { SUMMARY_TEXT = 384 };

struct summary {
	unsigned n, count[STATE_COUNT];
	struct state worst; /* the first of those that need attention most */
	char who[LABEL_SHORT];
};

void summary_add(struct summary *s, const struct key *peer, const struct state *state);
void summary_print(char text[SUMMARY_TEXT], const struct summary *s);
/* The words for all peers are the same as before, whatever their reasons. */
bool summary_equal(const struct summary *a, const struct summary *b);

#endif
