/* SPDX-License-Identifier: ISC */
#ifndef HOST_SHELL_H
#define HOST_SHELL_H

/*
 * The shell that runs hooks.  As with wg-quick it is bash, which ends at the first command that
 * fails, also within a pipeline.  Without bash it is sh, which ends at the first pipeline that
 * fails, and lacks what only bash understands.
 */

#include <stdbool.h>

#include "host/spawn.h"

enum { SHELL_ARGS = 10 };

/* There is one where programs are looked for (spawn.h). */
bool shell_is_bash(void);
/* What spawn_start() is to start, with the command, which stays the caller's. */
void shell_argv(const char *argv[SHELL_ARGS], bool bash, const char *command);
/* Start it with a command in which %i stands for name.  0 or -errno. */
int shell_start(struct spawn *s, const char *name, const char *command);
/* The same without the command, for people: "bash -e -o pipefail". */
const char *shell_words(bool bash);
/*
 * The command uses what sh refuses or, worse, takes for something else.  This looks at its text
 * only: what stands in single quotes, or is built at run time, is not recognized.
 */
bool shell_wants_bash(const char *command);

#endif
