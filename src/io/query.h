/* SPDX-License-Identifier: ISC */
#ifndef IO_QUERY_H
#define IO_QUERY_H

/* Sockets for questions to name servers. */

#include <stdbool.h>
#include <stdint.h>

/*
 * One that is not connected, for UDP or TCP.  What it sends carries the mark, and, unless ifindex
 * is 0, leaves by that link.  A descriptor or -errno.
 */
int query_socket(int family, bool tcp, uint32_t mark, uint32_t ifindex);

#endif
