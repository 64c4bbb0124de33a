/* SPDX-License-Identifier: ISC */
#ifndef PAIR_CONFTRAIL_H
#define PAIR_CONFTRAIL_H

/*
 * The trail of a command that moves several files into place. If the command is killed, the next
 * one finds its trail and restores what was there before.
 *
 * 	.NAME.ID        the new file, until it is moved to NAME
 * 	.NAME.ID.old    what it replaces
 * 	.NAME.ID.none   instead of that: there was nothing
 * 	.done.ID        in the folder: all of them are in place, and what was there may go
 *
 * ID is the process's. Each file's trail is beside it: in the folder, or in one below. The order
 * is: all new files, conftrail_begin() for each, the moves, conftrail_commit(),
 * conftrail_remove() for each, conftrail_end(); or, from any of these steps before the commit,
 * conftrail_undo() for each. All may be repeated.
 */

#include <stdbool.h>

enum { CONFTRAIL_NAME = 128 };

enum conftrail_part { CONFTRAIL_NEW, CONFTRAIL_OLD, CONFTRAIL_NONE };

/* The name of a part. file: relative to the folder, "wg0.conf" or "wg0.psk/PEER". */
void conftrail_name(char name[CONFTRAIL_NAME], const char *file, int id, enum conftrail_part part);
/*
 * Which file's part this is, by its name without a folder; file gets the name of that, *id its
 * command. false: it is none.
 */
bool conftrail_is_part(const char *name, char file[CONFTRAIL_NAME], int *id);
/* The name of a mark that conftrail_commit() made. */
bool conftrail_is_mark(const char *name, int *id);

/* Keep what is there now. *existed: there is something. 0 or -errno. */
int conftrail_begin(int folder, const char *file, int id, bool *existed);
/* From here on there is nothing to restore. 0 or -errno. */
int conftrail_commit(int folder, int id);
bool conftrail_is_committed(int folder, int id);
/* Remove the trail of a file. */
void conftrail_remove(int folder, const char *file, int id);
/* Remove the mark, after all files' trails. */
void conftrail_end(int folder, int id);
/* It has begun, and the new file is in place. */
bool conftrail_is_moved(int folder, const char *file, int id);
/* Restore what was there, and remove the trail. */
void conftrail_undo(int folder, const char *file, int id);

#endif
