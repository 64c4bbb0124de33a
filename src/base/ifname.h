/* SPDX-License-Identifier: ISC */
#ifndef BASE_IFNAME_H
#define BASE_IFNAME_H

/*
 * Names and numbers of network interfaces. Like if_nametoindex() and if_indextoname(), but they
 * ask over an IPv4 socket: the C library takes one of the UNIX domain, which a jailed process
 * may not open.
 */

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

/* 0: there is none of this name. */
uint32_t ifname_index(const char *name);
/* false: there is none of this number. */
bool ifname_of(uint32_t ifindex, char name[IF_NAMESIZE]);

#endif
