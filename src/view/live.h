/* SPDX-License-Identifier: ISC */
#ifndef VIEW_LIVE_H
#define VIEW_LIVE_H

/* A live view, drawn anew each second, with rates. */

#include "view/show.h"

/*
 * On a terminal until q or Ctrl-C; else a block of text each second, until nobody
 * reads it.  name NULL: all that run.  The exit status.
 */
int live_view(const char *name, struct show_style style);

#endif
