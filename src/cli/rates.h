/* SPDX-License-Identifier: ISC */
#ifndef CLI_RATES_H
#define CLI_RATES_H

/* Bytes per second, out of two reports of the same tunnel. Pure. */

#include "cli/report.h"

/*
 * Fill in the rates of now's peers: what was before so many seconds ago.  A peer
 * that is new, or began to count anew, has none.
 */
void rates_between(struct report *now, const struct report *before, double seconds);

#endif
