/* SPDX-License-Identifier: ISC */
/*
 * A host that cannot be reached where it was any more, and how long its peer takes
 * to find it: each scenario with many seeds, on a good wire and on a bad one.
 *
 *   failover                 SIM_SEEDS (100) seeds from SIM_FIRST (1) on
 *
 * Node 0 is the host, which only answers; node 1 is the one that looks for it, with a
 * packet a second.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "sim/world.h"
#include "unit/forced.h"

enum {
	HOST,
	CALLER,
	LOSS = 200000,  /* of a million datagrams */
	TRIES_MAX = 10, /* places tried in vain within an hour of such a wire */
};

#define GIVE_UP_NS (300 * SECOND_NS)
#define ROUND_NS   (16 * SECOND_NS) /* each of three places has been asked */

struct scenario {
	const char *name;
	/* Until what is measured begins; false: it did not come about. */
	bool (*prepare)(struct world *w);
	uint32_t limit_s; /* until both hear each other, on a good wire */
};

static struct peer *host_of(struct world *w)
{
	return admin_find(&w->node[CALLER].tunnel, &w->node[HOST].public_key);
}

/* A second: the caller says something, and the host answers what it hears. true: that came. */
static bool talk(struct world *w)
{
	struct flow *there = &w->node[CALLER].flow[HOST], *back = &w->node[HOST].flow[CALLER];

	there->first_delivered_at = back->first_delivered_at = 0;
	world_send(w, CALLER, HOST);
	world_run(w, w->now + SECOND_NS / 2);
	if (there->first_delivered_at)
		world_send(w, HOST, CALLER);
	world_run(w, w->now + SECOND_NS / 2);
	return back->first_delivered_at;
}

static bool meet(struct world *w)
{
	for (int i = 0; i < 300 && !w->failure[0]; i++) {
		if (talk(w))
			return true;
	}
	return false;
}

/* Until what is under way has had its answer: then the host has no reason to speak. */
static void rest(struct world *w)
{
	world_run(w, w->now + 12 * SECOND_NS);
}

static void talk_for(struct world *w, int seconds)
{
	for (int i = 0; i < seconds; i++)
		talk(w);
}

/* The host is at these homes, a bit each, and nowhere else; 0: cut off. */
static void be_at(struct world *w, unsigned homes)
{
	struct node *host = &w->node[HOST];

	w->partitioned = !homes;
	host->homes = homes;
	for (int i = 0; i < HOMES; i++) {
		if (homes & 1u << i)
			host->address = host->home[i];
	}
}

/* The caller has the host's homes by name. */
static void resolve(struct world *w)
{
	struct instant now = { .mono = w->now };

	admin_candidates(&w->node[CALLER].tunnel, host_of(w), w->node[HOST].home, HOMES, now);
}

static bool first_address_is_dead(struct world *w)
{
	resolve(w);
	be_at(w, 1u << 1 | 1u << 2);
	return true;
}

static bool two_addresses_are_dead(struct world *w)
{
	resolve(w);
	be_at(w, 1u << 2);
	return true;
}

static bool address_in_use_dies(struct world *w)
{
	resolve(w);
	be_at(w, 7);
	if (!meet(w))
		return false;
	rest(w);
	be_at(w, 1u << 1 | 1u << 2);
	return true;
}

static bool all_die_and_one_comes_back(struct world *w)
{
	resolve(w);
	be_at(w, 7);
	if (!meet(w))
		return false;
	be_at(w, 0);
	talk_for(w, 240);
	be_at(w, 1u << (w->seed % HOMES));
	return true;
}

/* The host moves from its literal endpoint to another place, speaks, and moves back. */
static bool roamed_host_is_back_at_its_endpoint(struct world *w)
{
	struct endpoint away = w->node[HOST].home[1];

	be_at(w, 1u << 0);
	if (!meet(w))
		return false;
	be_at(w, 1u << 1);
	for (int i = 0; i < 30 && !endpoint_same_remote(&host_of(w)->endpoint, &away); i++) {
		world_send(w, HOST, CALLER);
		world_run(w, w->now + SECOND_NS);
	}
	if (!meet(w) || !endpoint_same_remote(&host_of(w)->endpoint, &away))
		return false;
	rest(w);
	be_at(w, 1u << 0);
	return true;
}

/* A place that works is not left for others that might, however bad the wire. */
static bool nothing_dies(struct world *w)
{
	resolve(w);
	be_at(w, 1u << 0);
	if (!meet(w))
		return false;
	w->tries = 0;
	talk_for(w, 3600);
	if (w->tries > TRIES_MAX)
		check_fail(w, "a working place was left %llu times in an hour",
			   (unsigned long long)w->tries);
	return true;
}

/* The limits: 15 s of silence, two initiations of 5 s and jitter, then one a place. */
static const struct scenario scenarios[] = {
	{ "the first of three addresses is dead", first_address_is_dead, 13 },
	{ "two of three addresses are dead", two_addresses_are_dead, 18 },
	{ "the address in use dies", address_in_use_dies, 29 },
	{ "all die, one comes back", all_die_and_one_comes_back, 18 },
	{ "a roamed host is back at its endpoint", roamed_host_is_back_at_its_endpoint, 29 },
	{ "nothing dies", nothing_dies, 18 },
};

static uint64_t measure(const struct scenario *s, uint64_t seed, uint32_t loss)
{
	const struct wire_faults faults = { .loss = loss,
					    .delay = 20 * MILLI_NS,
					    .jitter = 20 * MILLI_NS };
	struct world *w = calloc(1, sizeof(*w));
	uint64_t begin, took = UINT64_MAX;

	if (!w || world_init_calm(w, seed, &faults) < 0)
		abort();
	if (!s->prepare(w))
		check_fail(w, "never connected");
	begin = w->now;
	while (!w->failure[0] && took == UINT64_MAX && w->now - begin < GIVE_UP_NS) {
		if (talk(w))
			took = w->now - begin;
	}
	if (w->failure[0])
		printf("%s, seed %llu, at %.3f s: %s\n", s->name, (unsigned long long)seed,
		       (double)w->now / 1e9, w->failure);
	world_fini(w);
	free(w);
	return took;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* true: it holds. */
static bool run(const struct scenario *s, uint32_t loss, uint64_t first, uint64_t seeds)
{
	uint64_t *took = calloc(seeds, sizeof(*took)), half, worst;
	uint64_t limit = s->limit_s * SECOND_NS;
	bool good;

	if (!took)
		abort();
	for (uint64_t i = 0; i < seeds; i++)
		took[i] = measure(s, first + i, loss);
	qsort(took, seeds, sizeof(*took), compare);
	half = took[seeds / 2];
	worst = took[seeds - 1];
	good = worst < GIVE_UP_NS && (loss ? half <= limit + ROUND_NS : worst <= limit);
	printf("%-40s %2u %% lost: median %3.0f s, worst %3.0f s%s\n", s->name, loss / 10000,
	       (double)half / 1e9, (double)worst / 1e9, good ? "" : ": too long");
	free(took);
	return good;
}

static uint64_t number(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

int main(void)
{
	uint64_t seeds = number("SIM_SEEDS", 100), first = number("SIM_FIRST", 1);
	unsigned passed = 0, failed = 0;

	if (forced_aead() < 0 || !seeds)
		return 1;
	for (size_t i = 0; i < LEN(scenarios); i++) {
		for (uint32_t loss = 0; loss <= LOSS; loss += LOSS) {
			if (run(&scenarios[i], loss, first, seeds))
				passed++;
			else
				failed++;
		}
	}
	printf("%u passed, %u failed, 0 skipped\n", passed, failed);
	return failed != 0;
}
