/* SPDX-License-Identifier: ISC */
#ifndef BASE_WRITE_H
#define BASE_WRITE_H

/* write(2) that does not stop half way. */

#include <stddef.h>

/* All of it, also after interruptions. 0; -errno: some of it may have been written. */
int write_all(int fd, const char *bytes, size_t len);

#endif
