/* SPDX-License-Identifier: ISC */
#ifndef PAIR_CONFSWEEP_H
#define PAIR_CONFSWEEP_H

/* What killed commands and former tunnels left in /etc/taut. */

/*
 * Undo what killed commands left half done, in the folder and in those of preshared keys below
 * it, or remove only their trails (pair/conftrail.h) if they were done. No other command may be
 * at work there.
 */
void confsweep(int folder);
/*
 * Remove the preshared keys of a tunnel, except that of one peer (a path in the folder; NULL:
 * none). The folder is not followed if it is a link, and what is not a file stays.
 */
void confsweep_psks(const char *name, const char *keep);

#endif
