/* SPDX-License-Identifier: ISC */
#include "crypto/aead_time.h"

#include "base/bytes.h"

/*
 * Runs are short, so that some are not interrupted; their number is limited in case the clock
 * stands still.
 */
enum { BATCH = 8, RUNS_MIN = 3, RUNS_MAX = 2000, LONG_ENOUGH_NS = 330000 };

struct load {
	struct key key;
	struct aead_job jobs[BATCH];
	uint8_t data[BATCH][AEAD_TIME_FULL + AEAD_TAG];
};

/* There and back, which leaves everything unchanged. */
static uint64_t run(const struct aead_ops *ops, struct load *l, uint64_t (*clock)(void))
{
	uint64_t began = clock(), ended;
	size_t i;

	ops->seal(l->jobs, BATCH);
	for (i = 0; i < BATCH; i++)
		l->jobs[i].len += AEAD_TAG;
	ops->open(l->jobs, BATCH);
	ended = clock();
	for (i = 0; i < BATCH; i++)
		l->jobs[i].len -= AEAD_TAG;
	return ended > began ? ended - began : 0;
}

uint32_t aead_time(const struct aead_ops *ops, uint32_t len, uint64_t (*clock)(void))
{
	struct load l = { .key = { .bytes = { 1 } } };
	uint64_t took, spent = 0, least = UINT64_MAX;
	size_t i;

	for (i = 0; i < BATCH; i++)
		l.jobs[i] = (struct aead_job){
			.key = &l.key, .nonce = i, .data = l.data[i], .len = len
		};
	for (i = 0; i < RUNS_MIN || (i < RUNS_MAX && spent < LONG_ENOUGH_NS); i++) {
		took = run(ops, &l, clock);
		spent += took;
		if (took < least)
			least = took;
	}
	least /= 2 * BATCH;
	return least < UINT32_MAX ? (uint32_t)least : UINT32_MAX;
}
