/* SPDX-License-Identifier: ISC */
#ifndef PAIR_READLINE_H
#define PAIR_READLINE_H

/*
 * A pairing line from the command line or from standard input. The list of processes shows the
 * command line, and the shell's history keeps it, so a line with a preshared key is refused
 * there.
 */

#include <stdbool.h>

#include "pair/pairline.h"

/*
 * arg: the line; "-" or NULL: standard input, up to the end that the line itself states; white
 * space, where a mail or a terminal broke it, is ignored. what: for the prompt, such as "the
 * line that 'taut new' printed". false: reported. Wipe the line after use.
 */
bool readline(struct pairline *line, const char *arg, const char *what);

#endif
