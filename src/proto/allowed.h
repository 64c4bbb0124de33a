/* SPDX-License-Identifier: ISC */
#ifndef PROTO_ALLOWED_H
#define PROTO_ALLOWED_H

/*
 * Allowed IPs: which peer an inner address belongs to.  One table per family for
 * the whole tunnel; the longest prefix wins, for destinations of what we send and
 * for sources of what we receive (whitepaper 2).  A prefix belongs to one peer;
 * giving it to another moves it.
 *
 * A path-compressed binary trie: a lookup takes at most as many steps as prefixes are nested,
 * whatever the number of peers.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/prefix.h"

struct peer;
struct allowed_node;

/* A zeroed struct is an empty table. */
struct allowed {
	struct allowed_node *root[2]; /* v4, v6 */
	size_t nodes;
};

/* The prefixes of one peer, oldest first. Zeroed: none. */
struct allowed_list {
	struct allowed_node *first, *last;
	size_t n;
};

/* list is that of the peer. prefix is masked here. 0 or -ENOMEM (nothing changed). */
int allowed_add(struct allowed *a, const struct prefix *prefix, struct peer *peer);
/* Remove exactly this prefix if this peer owns it; true if it did. */
bool allowed_remove(struct allowed *a, const struct prefix *prefix, struct peer *peer);
void allowed_remove_all(struct allowed *a, struct peer *peer);

/* The owner of an address of 4 or 16 bytes in network order; NULL: none. */
struct peer *allowed_find4(const struct allowed *a, const uint8_t addr[4]);
struct peer *allowed_find6(const struct allowed *a, const uint8_t addr[16]);

/* Walk a peer's prefixes: the first (NULL node), then the next; NULL: no more. */
const struct allowed_node *allowed_next(const struct allowed_list *list,
					const struct allowed_node *node);
void allowed_prefix(const struct allowed_node *node, struct prefix *out);

#endif
