/* SPDX-License-Identifier: ISC */
/*
 * Runs many seeds: ten virtual minutes of chaos each, then healing, then silence.
 *
 *   sim                      SIM_SEEDS (1000) seeds from SIM_FIRST (1) on
 *   sim SEED                 one seed, with its outcome
 *
 * SIM_SECONDS: virtual seconds of chaos, default 600.
 * SIM_ADVERSARY: one seed in this many (10; 1: all; 0: none) runs again with an
 * adversary that does the AEAD jobs of each burst in a random order: the same must happen,
 * bit for bit.
 */
#include <stdio.h>
#include <stdlib.h>

#include "crypto/aead.h"
#include "sim/world.h"
#include "unit/forced.h"

#define HEAL_LIMIT_NS (90 * SECOND_NS)
#define HEAL_GOAL_NS  (32 * SECOND_NS)
#define DAY_NS        (24 * 3600 * SECOND_NS)

struct outcome {
	uint64_t healed_after, digest, delivered, emitted, handshakes;
	uint64_t heal_handshakes, bursts;
	char failure[256];
};

static uint64_t number(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

static void run(uint64_t seed, bool adversary, struct outcome *o)
{
	struct world *w = calloc(1, sizeof(*w));
	uint64_t healed_at, handshakes;

	if (!w || world_init(w, seed, adversary) < 0)
		abort();
	world_run(w, number("SIM_SECONDS", 600) * SECOND_NS);
	world_heal(w);
	healed_at = w->now;
	handshakes = w->handshakes;
	o->healed_after = UINT64_MAX;
	while (!w->failure[0] && w->now - healed_at < HEAL_LIMIT_NS &&
	       o->healed_after == UINT64_MAX) {
		world_run(w, w->now + SECOND_NS);
		o->healed_after = world_connected_after(w, healed_at);
	}
	if (o->healed_after == UINT64_MAX)
		check_fail(w, "L1: still no payload both ways 90 s after all faults ended");
	o->heal_handshakes = (w->handshakes - handshakes) / (uint64_t)w->n_nodes;
	/*
	 * Four minutes to fall silent: giving up takes 107 s, and twice that when both
	 * ends go on asking each other in vain.  Then a day of nothing.
	 */
	world_hush(w);
	world_run(w, w->now + 240 * SECOND_NS);
	w->quiet = true;
	world_run(w, w->now + DAY_NS);
	if (w->attacker_out > w->attacker_in)
		check_fail(w, "S9: %llu bytes came from strangers, %llu went to them",
			   (unsigned long long)w->attacker_in, (unsigned long long)w->attacker_out);
	o->digest = w->digest;
	o->bursts = w->bursts;
	o->delivered = w->delivered;
	o->emitted = w->emitted;
	o->handshakes = w->handshakes;
	snprintf(o->failure, sizeof(o->failure), "%s", w->failure);
	if (w->failure[0])
		snprintf(o->failure, sizeof(o->failure), "at %.3f s: %.200s", (double)w->now / 1e9,
			 w->failure);
	world_fini(w);
	free(w);
}

/* Bit for bit: the same seed, the same story, whatever the order of the jobs. */
static void run_again(uint64_t seed, struct outcome *o)
{
	struct outcome again = { 0 };

	run(seed, true, &again);
	if (again.failure[0] && !o->failure[0])
		snprintf(o->failure, sizeof(o->failure), "with disorder: %.200s", again.failure);
	if ((again.digest != o->digest || again.delivered != o->delivered) && !o->failure[0])
		snprintf(o->failure, sizeof(o->failure), "depends on the order of the jobs");
}

static int one(uint64_t seed)
{
	struct outcome o = { 0 };

	run(seed, false, &o);
	run_again(seed, &o);
	printf("seed %llu: %s, digest %016llx, %llu datagrams, %llu packets delivered, "
	       "%llu handshakes, healed after %.3f s\n",
	       (unsigned long long)seed, o.failure[0] ? o.failure : "ok",
	       (unsigned long long)o.digest, (unsigned long long)o.emitted,
	       (unsigned long long)o.delivered, (unsigned long long)o.handshakes,
	       (double)o.healed_after / 1e9);
	return o.failure[0] != 0;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
	uint64_t seeds = number("SIM_SEEDS", 1000), first = number("SIM_FIRST", 1);
	uint64_t every = number("SIM_ADVERSARY", 10), bursts = 0;
	uint64_t failed = 0, slow = 0, delivered = 0, emitted = 0, handshakes = 0;
	uint64_t *heal;

	if (forced_aead() < 0)
		return 1;
	if (argc > 1)
		return one(strtoull(argv[1], NULL, 10));
	heal = calloc(seeds + 1, sizeof(*heal));
	if (!heal)
		return 1;
	for (uint64_t i = 0; i < seeds; i++) {
		struct outcome o = { 0 };

		run(first + i, false, &o);
		bursts += o.bursts;
		if (every && i % every == 0)
			run_again(first + i, &o);
		if (o.failure[0]) {
			failed++;
			printf("seed %llu %s\n", (unsigned long long)(first + i), o.failure);
		}
		slow += o.healed_after > HEAL_GOAL_NS;
		delivered += o.delivered;
		emitted += o.emitted;
		handshakes += o.handshakes;
		heal[i] = o.heal_handshakes;
	}
	qsort(heal, seeds, sizeof(*heal), compare);
	printf("%llu seeds: %llu failed, %llu took more than 32 s to heal, %llu datagrams, "
	       "%llu packets delivered, %llu handshakes, median of handshakes to heal %llu\n",
	       (unsigned long long)seeds, (unsigned long long)failed, (unsigned long long)slow,
	       (unsigned long long)emitted, (unsigned long long)delivered,
	       (unsigned long long)handshakes, (unsigned long long)heal[seeds / 2]);
	printf("%llu bursts of more than one unit, told twice in each %llu seeds\n",
	       (unsigned long long)bursts, (unsigned long long)every);
	if (bursts < 10 * seeds) {
		printf("too few bursts: an adversary could change nothing\n");
		failed++;
	}
	if (slow * 1000 > seeds) {
		printf("L1: more than one seed in a thousand took longer than 32 s\n");
		failed++;
	}
	if (heal[seeds / 2] > 1) {
		printf("L2: more than one handshake to heal, in the median\n");
		failed++;
	}
	free(heal);
	printf("%llu passed, %llu failed, 0 skipped\n",
	       (unsigned long long)(seeds - (failed > seeds ? seeds : failed)),
	       (unsigned long long)failed);
	return failed != 0;
}
