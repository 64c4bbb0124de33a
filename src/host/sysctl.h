/* SPDX-License-Identifier: ISC */
#ifndef HOST_SYSCTL_H
#define HOST_SYSCTL_H

/* Settings of the kernel below /proc/sys that are a single character. */

#include <stdbool.h>

/* The kernel knows it, but for now has none. */
bool sysctl_ipv6_is_off(void);
/* Unless it is that already.  Read-only, as in a container: the caller can live with it. */
void sysctl_write(const char *path, char value);

#endif
