/* SPDX-License-Identifier: ISC */
#ifndef DIAG_SUMMARY_H
#define DIAG_SUMMARY_H

/*
 * The state of a tunnel with any number of peers, in one line, for the service
 * manager.  A zeroed struct has no peers.  Pure.
 */

#include <stdbool.h>

#include "diag/label.h"
#include "diag/state.h"

enum { SUMMARY_TEXT = 384 };

struct summary {
	unsigned n, count[STATE_COUNT];
	struct state worst; /* the first of those that need attention most */
	char who[LABEL_PEER];
};

void summary_add(struct summary *s, const struct peer *peer, const struct state *state);
void summary_print(char text[SUMMARY_TEXT], const struct summary *s);
/* The counts and the worst peer are the same; the reasons may differ. */
bool summary_equal(const struct summary *a, const struct summary *b);

#endif
