/* SPDX-License-Identifier: ISC */
#ifndef CLI_WATCH_H
#define CLI_WATCH_H

/* A live view, drawn anew each second, with rates. */

#include "cli/show.h"

/*
 * On a terminal until q or Ctrl-C; else a block of text each second, until nobody
 * reads it.  name NULL: all that run.  The exit status.
 */
int watch(const char *name, struct show_style style);

#endif
