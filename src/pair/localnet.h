/* SPDX-License-Identifier: ISC */
#ifndef PAIR_LOCALNET_H
#define PAIR_LOCALNET_H

/* What this host already has: inner addresses must not collide, outer ones can be dialled. */

#include <stdbool.h>
#include <stddef.h>

#include "base/ip.h"
#include "base/prefix.h"

struct localnet {
	/* Of local addresses, of all but the very wide routes, and each gateway. */
	struct prefix *used;
	size_t n_used;
	struct ip *outer; /* where others may reach us, most promising first */
	size_t n_outer;
};

/*
 * Look at the addresses and the main routing tables of this network namespace. The interface
 * `except` is left out, since it is about to be recreated. 0 or -ENOMEM, -errno of
 * getifaddrs().
 */
int localnet_take(struct localnet *s, const char *except);
void localnet_free(struct localnet *s);
/* Add a single address that is in use. 0 or -ENOMEM. */
int localnet_add(struct localnet *s, const struct ip *ip);
/* The used prefix that shares addresses with p; NULL: it is free. */
const struct prefix *localnet_overlap(const struct localnet *s, const struct prefix *p);
/* Not reachable from outside a site: private, shared, or unique local. */
bool localnet_is_private(const struct ip *ip);
/* All of its addresses are like that. */
bool localnet_is_private_net(const struct prefix *p);
/* It is routable from here, and not one of our own addresses. */
bool localnet_reaches(const struct ip *ip);
/* The port is free, for both families. */
bool localnet_port_is_free(uint16_t port);

#endif
