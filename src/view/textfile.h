/* SPDX-License-Identifier: ISC */
#ifndef VIEW_TEXTFILE_H
#define VIEW_TEXTFILE_H

/* A file that whoever reads it sees either as it was or whole. */

#include <stddef.h>

/*
 * Write it, readable by all, beside where it belongs, and put it there.  0 or
 * -errno, and then nothing has changed.
 */
int textfile_write(const char *path, const char *text, size_t len);

#endif
