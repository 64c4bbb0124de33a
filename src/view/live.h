/* SPDX-License-Identifier: ISC */
#ifndef VIEW_LIVE_H
#define VIEW_LIVE_H

/* A live view, redrawn every second, with rates. */

#include "view/show.h"

/*
 * On a terminal, until q or Ctrl-C; otherwise a block of text every second, until nobody reads
 * it. name NULL: all running tunnels. Returns the exit status.
 */
int live_view(const char *name, struct show_style style);

#endif
