/* SPDX-License-Identifier: ISC */
#ifndef BASE_SAY_H
#define BASE_SAY_H

/*
 * What a command tells the person who typed it, on stderr.  For cli, pair and view;
 * the daemon has a log (base/log.h).
 */

#include "base/exitcode.h"

/* "taut: ..." and a newline. %m works. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same, and where to find help. Returns EXITCODE_USAGE. */
int say_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
