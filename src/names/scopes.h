/* SPDX-License-Identifier: ISC */
#ifndef NAMES_SCOPES_H
#define NAMES_SCOPES_H

/*
 * Name servers at link-local addresses, as in "nameserver fe80::1%eth0".  Old versions of c-ares
 * skip them, and newer ones find the number of the interface in a way that a jailed process may
 * not use.
 */

#include <ares.h>

#include "base/nameserver.h"

enum { SCOPES = 8 };

struct scopes {
	unsigned n;
	struct nameserver scope[SCOPES];
};

/*
 * If this resolv.conf, which the channel was made with, has such name servers, have the channel
 * use them, and those in between.
 */
void scopes_apply(struct scopes *s, ares_channel ares, const char *resolv_conf);
/* The number of the interface of such a server; 0: it has none. */
uint32_t scopes_find(const struct scopes *s, const struct in6_addr *server);

#endif
