/* SPDX-License-Identifier: ISC */
#ifndef PAIR_CONFHOLD_H
#define PAIR_CONFHOLD_H

/*
 * Hold /etc/taut, so that no command changes it meanwhile, with what killed ones left half done
 * undone, as far as we may. Before existing files are read in order to change or to use them;
 * what writes does it as well. A command that is at work is waited for, at most 10 s: all who may
 * read the folder can lock it. So a command does this once.
 */

#include <stdbool.h>

/* A descriptor for the others, even if it could not be locked; -1: there is no folder. */
int confhold_begin(void);
void confhold_end(int folder);
/* Both, one right after the other. */
void confhold_once(void);
/* The same, before something is written. false: reported: another process has locked it. */
bool confhold_may_write(void);
/* NAME.conf and NAME.key belong together: all was undone. false: reported. */
bool confhold_is_whole(int folder, const char *name);
/* Report that another process has locked it. */
void confhold_say(void);

#endif
