/* SPDX-License-Identifier: ISC */
#ifndef PAIR_LOCALNET_H
#define PAIR_LOCALNET_H

/* What this host has already: inner addresses must not collide, outer ones may be dialled. */

#include <stdbool.h>
#include <stddef.h>

#include "base/ip.h"
#include "base/prefix.h"

struct localnet {
	struct prefix *used; /* of local addresses, and of routes but the very wide ones */
	size_t n_used;
	struct ip *outer; /* where others may reach us, the most promising first */
	size_t n_outer;
};

/*
 * Look at the addresses and the main routing tables of this network namespace.
 * What belongs to the interface `except` is left out, for it is about to be made
 * anew.  0 or -ENOMEM, -errno of getifaddrs().
 */
int localnet_take(struct localnet *s, const char *except);
void localnet_free(struct localnet *s);
/* The used prefix that shares addresses with p; NULL: it is free. */
const struct prefix *localnet_overlap(const struct localnet *s, const struct prefix *p);
/* Nobody outside of a site can reach it: private, shared, or unique local. */
bool localnet_is_private(const struct ip *ip);
/* So it is with all of its addresses. */
bool localnet_is_private_net(const struct prefix *p);
/* There is a way to it from here, and not only to ourselves. */
bool localnet_reaches(const struct ip *ip);
/* Nobody has the port, of either family. */
bool localnet_port_is_free(uint16_t port);

#endif
