/* SPDX-License-Identifier: ISC */
#ifndef CLI_ABSENT_H
#define CLI_ABSENT_H

#include <stdbool.h>

/*
 * Report that the tunnel is not running; it exists if it has a file. Returns EXITCODE_DOWN or
 * EXITCODE_NONE. arg: as given; name: what verb_name() made of it.
 */
int absent(const char *arg, const char *name);
/* Whether it was killed and keeps this host closed: see host/host.h. */
bool absent_closes(const char *name);

#endif
