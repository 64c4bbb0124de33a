/* SPDX-License-Identifier: ISC */
#ifndef PROTO_BUCKET_H
#define PROTO_BUCKET_H

/*
 * Token buckets: one alone, or a table with one per source address. A source is an IPv4
 * address, or the first 64 bits of an IPv6 address.
 *
 * The table has a fixed size.  A source that idles for a second counts as new.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/instant.h"
#include "base/ip.h"
#include "crypto/rng.h"

/* Nanoseconds that each one costs, and how many of them are saved up at most. */
struct bucket_pace {
	uint64_t cost, most;
};

#define BUCKET_PACE(per_second, burst)                                                        \
	{                                                                                     \
		.cost = SECOND_NS / (per_second), .most = SECOND_NS / (per_second) * (burst), \
	}

/* Zeroed: full. */
struct bucket {
	uint64_t tokens, last;
};

/* One from this bucket: may it pass? */
bool bucket_spend(struct bucket *b, const struct bucket_pace *pace, uint64_t now);

struct buckets;

/*
 * pace is borrowed. lenient: sources for which a busy table has no place pass; else they are
 * refused. NULL: no memory.
 */
struct buckets *bucket_new(const struct rng *rng, const struct bucket_pace *pace, bool lenient);
void bucket_free(struct buckets *b);
/* One message from this source: may it pass? */
bool bucket_take(struct buckets *b, const struct ip *source, uint64_t now);

#endif
