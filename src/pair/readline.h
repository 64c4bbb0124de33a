/* SPDX-License-Identifier: ISC */
#ifndef PAIR_READLINE_H
#define PAIR_READLINE_H

/*
 * A pairing line from the command line or from standard input.  Whoever lists the
 * processes sees the command line, and the shell's history keeps it: a line with a
 * preshared key is refused from there.
 */

#include <stdbool.h>

#include "pair/pairline.h"

/*
 * arg: the line; "-" or NULL: standard input, up to its end as the line itself knows it,
 * with white space where a mail or a terminal broke it.  what, from: for the prompt, as
 * in "the line that 'taut new' printed".  false: said why.  The line is to be wiped.
 */
bool readline(struct pairline *line, const char *arg, const char *what);

#endif
