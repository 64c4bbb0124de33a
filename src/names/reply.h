/* SPDX-License-Identifier: ISC */
#ifndef NAMES_REPLY_H
#define NAMES_REPLY_H

/* What c-ares has brought for a name: addresses, or why there are none. */

#include <ares.h>

#include "base/endpoint.h"

enum { REPLY_ENDS = 16 };

/*
 * The addresses, best first, with this port.  0: there are none, and *why says why: also when they
 * are not those of the name, or not of a single host.  status and info are those of the callback
 * of ares_getaddrinfo().
 */
unsigned reply_read(struct endpoint ends[REPLY_ENDS], int status, const struct ares_addrinfo *info,
		    uint16_t port, const char **why);

#endif
