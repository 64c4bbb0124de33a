/* SPDX-License-Identifier: ISC */
/*
 * Two tables that strangers' packets are held against, beside naive ones: allowed IPs, which
 * is a list of prefixes, and the replay window, which is a set of numbers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "proto/allowed.h"
#include "proto/limits.h"
#include "proto/peer.h"
#include "proto/replay.h"
#include "script.h"
#include "target.h"

enum { PEERS = 4, PREFIXES = 512, SEEN = 1 << 16 };

const size_t target_cap = 2048;

/* --- allowed IPs --- */

struct table {
	struct allowed allowed;
	struct peer peer[PEERS];
	struct {
		struct prefix prefix;
		unsigned owner;
	} is[PREFIXES];
	size_t n;
};

/* Few bytes differ, so that prefixes lie within one another. */
static void take_prefix(struct script *s, struct prefix *p)
{
	uint8_t kind = script_byte(s);

	memset(p, 0, sizeof(*p));
	p->ip.family = kind & 1 ? AF_INET6 : AF_INET;
	for (size_t i = 0; i < ip_len(p->ip.family); i++)
		p->ip.bytes[i] = i % 4 == kind / 64u ? script_byte(s) : (kind & 2) ? 0xff : 0;
	p->bits = (uint8_t)(script_byte(s) % (ip_bits(p->ip.family) + 1u));
}

static size_t place_of(const struct table *t, const struct prefix *masked)
{
	size_t i;

	for (i = 0; i < t->n && !prefix_equal(&t->is[i].prefix, masked); i++)
		;
	return i;
}

static void add(struct table *t, struct prefix p, unsigned owner)
{
	size_t at;

	if (t->n == PREFIXES || allowed_add(&t->allowed, &p, &t->peer[owner]) != 0)
		return;
	prefix_mask(&p);
	at = place_of(t, &p);
	t->n += at == t->n;
	t->is[at].prefix = p;
	t->is[at].owner = owner;
}

static void drop(struct table *t, size_t at)
{
	t->is[at] = t->is[--t->n];
}

static void take_away(struct table *t, struct prefix p, unsigned owner)
{
	bool had = allowed_remove(&t->allowed, &p, &t->peer[owner]), has;
	size_t at;

	prefix_mask(&p);
	at = place_of(t, &p);
	has = at < t->n && t->is[at].owner == owner;
	if (had != has)
		target_wrong("fuzz_allowed", "what was removed was not there, or stays");
	if (has)
		drop(t, at);
}

static void take_all(struct table *t, unsigned owner)
{
	allowed_remove_all(&t->allowed, &t->peer[owner]);
	for (size_t i = 0; i < t->n;) {
		if (t->is[i].owner == owner)
			drop(t, i);
		else
			i++;
	}
}

static bool holds(const struct prefix *p, const struct ip *ip)
{
	struct prefix host = { .ip = *ip, .bits = p->bits };

	if (p->ip.family != ip->family)
		return false;
	prefix_mask(&host);
	return prefix_equal(&host, p);
}

static void find(const struct table *t, const struct ip *ip)
{
	const struct peer *want = NULL, *got;
	int best = -1;

	for (size_t i = 0; i < t->n; i++) {
		if (t->is[i].prefix.bits > best && holds(&t->is[i].prefix, ip)) {
			best = t->is[i].prefix.bits;
			want = &t->peer[t->is[i].owner];
		}
	}
	got = ip->family == AF_INET ? allowed_find4(&t->allowed, ip->bytes)
				    : allowed_find6(&t->allowed, ip->bytes);
	if (got != want)
		target_wrong("fuzz_allowed", "another owner than that of the longest prefix");
}

static void count(const struct table *t)
{
	size_t n = 0;

	for (unsigned i = 0; i < PEERS; i++) {
		const struct allowed_node *node = NULL;

		while ((node = allowed_next(&t->peer[i].allowed, node)))
			n++;
	}
	if (n != t->n)
		target_wrong("fuzz_allowed", "the lists of the peers are not the table");
}

static void play_allowed(struct script *s)
{
	struct table *t = calloc(1, sizeof(*t));

	if (!t)
		abort();
	while (!script_over(s)) {
		uint8_t what = script_byte(s);
		unsigned owner = what / 64u;
		struct prefix p;

		take_prefix(s, &p);
		if (what % 8 < 4)
			add(t, p, owner);
		else if (what % 8 < 6)
			take_away(t, p, owner);
		else if (what % 64 == 6)
			take_all(t, owner);
		find(t, &p.ip);
		count(t);
	}
	for (unsigned i = 0; i < PEERS; i++)
		take_all(t, i);
	if (t->allowed.nodes || t->allowed.root[0] || t->allowed.root[1])
		target_wrong("fuzz_allowed", "an empty table keeps nodes");
	free(t);
}

/* --- the replay window --- */

static uint64_t take_counter(struct script *s, uint64_t top)
{
	uint8_t how = script_byte(s);
	uint64_t step = script_number(s, 2) % (how & 1 ? 64 : 20000);

	switch (how / 64) {
	case 0:
		return top + step;
	case 1:
		return top > step ? top - step : step;
	case 2:
		return top > REPLAY_WINDOW ? top - REPLAY_WINDOW - 2 + step % 4 : step;
	default:
		return how == 255 ? REJECT_AFTER_MESSAGES - 2 + step % 4 : step;
	}
}

static void play_replay(struct script *s)
{
	static uint64_t seen[SEEN];
	uint64_t top = 0; /* highest accepted + 1 */
	struct replay r = { 0 };
	size_t n = 0;

	while (!script_over(s) && n < SEEN) {
		uint64_t counter = take_counter(s, top);
		bool took = replay_accept(&r, counter), again = false;
		/* The window lies before the highest counter, which is top - 1. */
		bool old = top > REPLAY_WINDOW && counter < top - 1 - REPLAY_WINDOW;
		bool may = counter < REJECT_AFTER_MESSAGES;

		for (size_t i = 0; i < n && !again; i++)
			again = seen[i] == counter;
		if (took != (may && !again && !old))
			target_wrong("fuzz_allowed", took ? "a counter is taken that must not be"
							  : "a new counter is refused");
		if (!took)
			continue;
		seen[n++] = counter;
		top = counter + 1 > top ? counter + 1 : top;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct script s = { data, data + len };

	if (script_byte(&s) & 1)
		play_allowed(&s);
	else
		play_replay(&s);
	return 0;
}

size_t target_make(struct prng *prng, uint8_t *out, size_t cap)
{
	size_t len = prng_below(prng, cap) + 1;

	prng_fill(prng, out, len);
	return len;
}
