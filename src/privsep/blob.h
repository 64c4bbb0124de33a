/* SPDX-License-Identifier: ISC */
#ifndef PRIVSEP_BLOB_H
#define PRIVSEP_BLOB_H

/* More than fits into a message: sealed memory, handed over as a descriptor (memfd_create(2)). */

#include <stddef.h>

#include "base/print.h"

enum { BLOB_MAX = 64 << 20 }; /* bytes */

/* A new one with these bytes, which nobody can change any more. A descriptor or -errno. */
int blob_make(const void *bytes, size_t len);
/* How many bytes it has.  0; -EINVAL: that was not made like this, or is too large. */
int blob_size(int fd, size_t *len);
/* Its bytes, as many as it has.  0 or -errno. */
int blob_copy(int fd, void *bytes, size_t len);
/*
 * Append its bytes to out.  0; -EINVAL: that is no sealed memory, or too large; or -errno.
 * The descriptor stays open.
 */
int blob_read(int fd, struct print *out);

#endif
