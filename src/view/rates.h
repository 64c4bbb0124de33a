/* SPDX-License-Identifier: ISC */
#ifndef VIEW_RATES_H
#define VIEW_RATES_H

/* Bytes per second, out of two reports of the same tunnel. Pure. */

#include "view/tunnelview.h"

/*
 * Fill in the rates of now's peers: what was before so many seconds ago.  A peer
 * that is new, or began to count anew, has none.
 */
void rates_between(struct tunnelview *now, const struct tunnelview *before, double seconds);

#endif
