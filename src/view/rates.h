/* SPDX-License-Identifier: ISC */
#ifndef VIEW_RATES_H
#define VIEW_RATES_H

/* Bytes per second, from two reports of the same tunnel. Pure. */

#include "view/tunnelview.h"

/*
 * Fill in the rates of the peers in now; before is that many seconds older. A peer that is
 * new, or whose counters restarted, has none.
 */
void rates_between(struct tunnelview *now, const struct tunnelview *before, double seconds);

#endif
