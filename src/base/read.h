/* SPDX-License-Identifier: ISC */
#ifndef BASE_READ_H
#define BASE_READ_H

/* A small file, read as a whole. */

#include <stddef.h>

#include "base/print.h"

/*
 * Append what it holds, at most max bytes; what is no plain file does not hold us up.  0; -EFBIG:
 * it holds more; or another -errno.  After an error, some of it may have been appended.
 */
int read_file(struct print *out, const char *path, size_t max);

#endif
