/* SPDX-License-Identifier: ISC */
#ifndef VIEW_TEXTFILE_H
#define VIEW_TEXTFILE_H

/* A file that readers see either unchanged or complete. */

#include <stddef.h>

/*
 * Write it, readable by all, next to its final place, then move it there. 0; or -errno, and
 * nothing has changed.
 */
int textfile_write(const char *path, const char *text, size_t len);

#endif
