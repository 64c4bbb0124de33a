/* SPDX-License-Identifier: ISC */
#ifndef PAIR_PICKADDR_H
#define PAIR_PICKADDR_H

/* Addresses inside of a tunnel: chosen by rng, or next to one that was given. */

#include <stdbool.h>

#include "base/prefix.h"
#include "conf/conf.h"
#include "crypto/rng.h"
#include "pair/localnet.h"

/*
 * Two addresses that nothing here uses: a /31 out of 10.0.0.0/8, else of the other
 * private networks; ::1 and ::2 of a random /64 (RFC 4193).  false: all
 * that was tried is in use.
 */
bool pickaddr_pick(int family, const struct localnet *s, const struct rng *rng, struct prefix *ours,
		   struct prefix *theirs);
/* The neighbour of ours, in the same network; false: there is no room for one. */
bool pickaddr_neighbour(const struct prefix *ours, struct prefix *theirs);
/*
 * The first address in the network of conf's i-th Address that neither it nor a peer
 * has; false: none, or the network begins to be searched too long.
 */
bool pickaddr_free(const struct conf *conf, size_t i, struct prefix *found);

#endif
