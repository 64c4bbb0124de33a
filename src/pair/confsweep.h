/* SPDX-License-Identifier: ISC */
#ifndef PAIR_CONFSWEEP_H
#define PAIR_CONFSWEEP_H

/* What killed commands and former tunnels left in /etc/taut. */

#include <stdbool.h>

/*
 * Undo what killed commands left half done, in the folder and in those of preshared keys below
 * it, or remove only their trails (pair/conftrail.h) if they were done. Locks the folder before,
 * until it is closed: one taut at a time. 0; -EAGAIN: another process has had it locked for 10 s;
 * another -errno: it cannot be locked here. If not 0, nothing was undone.
 */
int confsweep(int folder);
/*
 * The file of a tunnel and its key belong together: no command stopped between the two, or it was
 * undone. The folder should be locked.
 */
bool confsweep_is_whole(int folder, const char *name);
/*
 * Remove the preshared keys of a tunnel, except that of one peer (a path in the folder; NULL:
 * none). The folder is not followed if it is a link, and what is not a file stays.
 */
void confsweep_psks(const char *name, const char *keep);

#endif
