/* SPDX-License-Identifier: ISC */
#include "proto/bucket.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "crypto/siphash.h"
#include "proto/limits.h"

#define IDLE_NS SECOND_NS

enum { SETS = 4096, WAYS = 4 };

struct place {
	uint64_t source; /* v4: the address; v6: its first half */
	struct bucket bucket;
	uint8_t family; /* 0: free */
};

/*
 * A set-associative table: the hash chooses a set, the source takes the first free or idle
 * place in it. If all four are busy a strict table refuses it, as the kernel does when its
 * table is full; with 16384 places and a secret hash that takes a flood from thousands of
 * addresses, all of which returned a valid cookie. A lenient one cannot tell, since sources
 * without a cookie may be invented.
 */
struct buckets {
	struct siphash_key key;
	const struct bucket_pace *pace;
	bool lenient;
	struct place set[SETS][WAYS];
};

struct buckets *bucket_new(const struct rng *rng, const struct bucket_pace *pace, bool lenient)
{
	struct buckets *b = mem_new(sizeof(*b));

	if (!b)
		return NULL;
	rng_fill(rng, b->key.bytes, sizeof(b->key.bytes));
	b->pace = pace;
	b->lenient = lenient;
	return b;
}

void bucket_free(struct buckets *b)
{
	mem_free(b);
}

bool bucket_spend(struct bucket *b, const struct bucket_pace *pace, uint64_t now)
{
	if (!b->last)
		b->tokens = pace->most;
	else if (now > b->last)
		b->tokens += now - b->last;
	if (b->tokens > pace->most)
		b->tokens = pace->most;
	if (now > b->last)
		b->last = now;
	if (b->tokens < pace->cost)
		return false;
	b->tokens -= pace->cost;
	return true;
}

static bool idle(const struct place *e, uint64_t now)
{
	return now > e->bucket.last && now - e->bucket.last > IDLE_NS;
}

bool bucket_take(struct buckets *b, const struct ip *source, uint64_t now)
{
	uint64_t name = source->family == AF_INET6 ? load_be64(source->bytes)
						   : load_be32(source->bytes);
	struct place *set = b->set[siphash(&b->key, &name, sizeof(name)) % SETS];
	struct place *place = NULL;

	for (int i = 0; i < WAYS; i++) {
		struct place *e = &set[i];

		if (e->family == source->family && e->source == name && !idle(e, now))
			return bucket_spend(&e->bucket, b->pace, now);
		if (!place && (!e->family || idle(e, now)))
			place = e;
	}
	if (!place)
		return b->lenient;
	*place = (struct place){ .source = name, .family = source->family };
	return bucket_spend(&place->bucket, b->pace, now);
}
