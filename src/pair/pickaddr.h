/* SPDX-License-Identifier: ISC */
#ifndef PAIR_PICKADDR_H
#define PAIR_PICKADDR_H

/* Addresses inside a tunnel: chosen at random, or next to a given one. */

#include <stdbool.h>

#include "base/prefix.h"
#include "conf/conf.h"
#include "crypto/rng.h"
#include "pair/localnet.h"

/*
 * Two unused addresses: a /31 out of 10.0.0.0/8, else of the other private networks; ::1 and
 * ::2 of a random /64 (RFC 4193). false: all that were tried are in use.
 */
bool pickaddr_pick(int family, const struct localnet *s, const struct rng *rng, struct prefix *ours,
		   struct prefix *theirs);
/* The neighbour of ours, in the same network; false: there is no room for one. */
bool pickaddr_neighbour(const struct prefix *ours, struct prefix *theirs);
/*
 * The first address in the network of conf's i-th Address that neither it nor a peer uses;
 * false: none, or the search took too long.
 */
bool pickaddr_free(const struct conf *conf, size_t i, struct prefix *found);

#endif
