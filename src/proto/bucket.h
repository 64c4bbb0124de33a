/* SPDX-License-Identifier: ISC */
#ifndef PROTO_BUCKET_H
#define PROTO_BUCKET_H

/*
 * A token bucket per source address, used only under load and after a valid mac2: 20 handshake
 * messages per second, bursts of 5 (kernel ratelimiter.c). A source is an IPv4 address, or the
 * first 64 bits of an IPv6 address.
 *
 * The table has a fixed size.  A source that idles for a second counts as new.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/ip.h"
#include "crypto/rng.h"

struct buckets;

/* NULL: no memory. */
struct buckets *bucket_new(const struct rng *rng);
void bucket_free(struct buckets *b);
/* One message from this source: may it pass? */
bool bucket_take(struct buckets *b, const struct ip *source, uint64_t now);

#endif
