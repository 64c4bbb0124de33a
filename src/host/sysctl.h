/* SPDX-License-Identifier: ISC */
#ifndef HOST_SYSCTL_H
#define HOST_SYSCTL_H

/* Settings of the kernel below /proc/sys that are a single character. */

#include <stdbool.h>

/* That packets may be told apart by their mark where the way back is checked. */
#define SYSCTL_VALID_MARK "/proc/sys/net/ipv4/conf/all/src_valid_mark"

/* 0: not available. */
char sysctl_read(const char *path);
/* The kernel knows it, but for now has none. */
bool sysctl_ipv6_is_off(void);
/* Unless it is that already.  Read-only, as in a container: the caller can live with it. */
void sysctl_write(const char *path, char value);

#endif
