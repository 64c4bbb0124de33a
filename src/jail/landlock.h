/* SPDX-License-Identifier: ISC */
#ifndef JAIL_LANDLOCK_H
#define JAIL_LANDLOCK_H

/*
 * Landlock: a process gives up files, TCP ports, and signals to processes outside. It needs no
 * right and no library. What the kernel can hold back depends on its ABI version: 1 files,
 * 2 and 3 more about files, 4 TCP, 5 devices, 6 abstract sockets and signals.
 */

#include <stdint.h>

/*
 * The version that the kernel has; 0: it was built or started without Landlock; -errno: it may
 * not be used here, as in some containers.
 */
int landlock_abi(void);
/*
 * What a version from 1 on cannot hold back although a later one can, as a message of at most 95
 * bytes; NULL: nothing that the filter of system calls does not hold back as well.
 */
const char *landlock_lacks(int abi);
/*
 * Give up, for good, all that this version can hold back, except reading these files, and TCP
 * to one remote port. The list ends with NULL; a name that ends with a slash means all files
 * below that directory; what does not exist is left out. A rule for a file means the file that
 * the name (or link) stands for now, not one that replaces it later. Descriptors that are open
 * already are not affected. Needs NoNewPrivs. 0 or -errno.
 */
int landlock_enter(int abi, const char *const *files, uint16_t tcp_port);

#endif
