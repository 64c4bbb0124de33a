/* SPDX-License-Identifier: ISC */
#ifndef PROTO_PEERS_H
#define PROTO_PEERS_H

/*
 * The peers of a tunnel: found by public key or by the place where they are (keyed hashes, as
 * strangers choose keys), listed in the order they were added.
 */

#include <stddef.h>

#include "base/key.h"
#include "crypto/siphash.h"

struct endpoint;
struct peer;

struct peers {
	struct siphash_key key;
	struct peer **bucket, **place;
	size_t n, size; /* of both; size: 0 or a power of two */
	struct peer *first, *last;
};

void peers_fini(struct peers *p);
struct peer *peers_find(const struct peers *p, const struct key *public_key);
/* One that is at this address and port; NULL: none. */
struct peer *peers_at(const struct peers *p, const struct endpoint *end);
/* peer->endpoint has changed. Allocates nothing. */
void peers_moved(struct peers *p, struct peer *peer);
/* peer->public_key is set and not in the table yet. 0 or -ENOMEM. */
int peers_add(struct peers *p, struct peer *peer);
void peers_remove(struct peers *p, struct peer *peer);

#endif
