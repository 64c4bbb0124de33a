/* SPDX-License-Identifier: ISC */
#include "proto/bucket.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "crypto/siphash.h"
#include "proto/limits.h"

#define COST_NS  (SECOND_NS / 20)
#define BURST_NS (COST_NS * 5)
#define IDLE_NS  SECOND_NS

enum { SETS = 4096, WAYS = 4 };

struct bucket {
	uint64_t source; /* v4: the address; v6: its first half */
	uint64_t tokens, last;
	uint8_t family; /* 0: free */
};

/*
 * A set-associative table: the hash chooses a set, the source takes the first free or idle
 * place in it. If all four are busy it is refused, as in the kernel when its table is full;
 * with 16384 places and a secret hash that takes a flood from thousands of addresses, all of
 * which returned a valid cookie.
 */
struct buckets {
	struct siphash_key key;
	struct bucket set[SETS][WAYS];
};

struct buckets *bucket_new(const struct rng *rng)
{
	struct buckets *b = mem_new(sizeof(*b));

	if (b)
		rng_fill(rng, b->key.bytes, sizeof(b->key.bytes));
	return b;
}

void bucket_free(struct buckets *b)
{
	mem_free(b);
}

static bool idle(const struct bucket *e, uint64_t now)
{
	return now > e->last && now - e->last > IDLE_NS;
}

bool bucket_take(struct buckets *b, const struct ip *source, uint64_t now)
{
	uint64_t name = source->family == AF_INET6 ? load_be64(source->bytes)
						   : load_be32(source->bytes);
	struct bucket *set = b->set[siphash(&b->key, &name, sizeof(name)) % SETS];
	struct bucket *place = NULL;

	for (int i = 0; i < WAYS; i++) {
		struct bucket *e = &set[i];

		if (e->family == source->family && e->source == name && !idle(e, now)) {
			e->tokens += now > e->last ? now - e->last : 0;
			if (e->tokens > BURST_NS)
				e->tokens = BURST_NS;
			e->last = now;
			if (e->tokens < COST_NS)
				return false;
			e->tokens -= COST_NS;
			return true;
		}
		if (!place && (!e->family || idle(e, now)))
			place = e;
	}
	if (!place)
		return false;
	*place = (struct bucket){
		.source = name, .tokens = BURST_NS - COST_NS, .last = now, .family = source->family
	};
	return true;
}
