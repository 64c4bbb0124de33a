/* SPDX-License-Identifier: ISC */
#include "crypto/aead.h"

#include <pthread.h>

#include "base/bytes.h"
#include "crypto/aead_sodium.h"
#include "hex.h"
#include "seed.h"

/* Threads that seal and open at the same time, each with state of its own, on every backend. */

enum { THREADS = 4, ROUNDS = 300, JOBS = 16, LEN_MAX = 1424 };

struct worker {
	pthread_t thread;
	struct seed seed;
	bool begun;
	uint32_t wrong;
};

static void fill(struct worker *w, struct aead_job jobs[JOBS], struct key keys[2],
		 uint8_t data[JOBS][LEN_MAX + AEAD_TAG])
{
	for (size_t k = 0; k < 2; k++)
		seed_fill(&w->seed, keys[k].bytes, KEY_LEN);
	for (size_t i = 0; i < JOBS; i++) {
		uint32_t len = seed_below(&w->seed, LEN_MAX + 1);

		seed_fill(&w->seed, data[i], len);
		jobs[i] = (struct aead_job){ .key = &keys[seed_below(&w->seed, 2)],
					     .nonce = seed_next(&w->seed),
					     .data = data[i],
					     .len = len };
	}
}

/* Seal as libsodium does, and open again. */
static void round_trip(struct worker *w)
{
	uint8_t data[JOBS][LEN_MAX + AEAD_TAG], plain[JOBS][LEN_MAX + AEAD_TAG],
		want[LEN_MAX + AEAD_TAG];
	struct aead_job jobs[JOBS];
	struct key keys[2];

	fill(w, jobs, keys, data);
	memcpy(plain, data, sizeof(plain));
	aead_seal(jobs, JOBS);
	for (size_t i = 0; i < JOBS; i++) {
		struct aead_job same = jobs[i];

		memcpy(want, plain[i], same.len);
		same.data = want;
		aead_sodium.seal(&same, 1);
		w->wrong += memcmp(want, data[i], same.len + AEAD_TAG) != 0;
		jobs[i].len += AEAD_TAG;
	}
	aead_open(jobs, JOBS);
	for (size_t i = 0; i < JOBS; i++)
		w->wrong += !jobs[i].authentic ||
			    memcmp(data[i], plain[i], jobs[i].len - AEAD_TAG) != 0;
}

static void *work(void *arg)
{
	struct worker *w = arg;

	w->begun = aead_thread_begin();
	for (int i = 0; w->begun && i < ROUNDS; i++) {
		round_trip(w);
		if (i % 10 == 0)
			aead_thread_rest();
		if (i % 100 == 99) {
			aead_thread_end();
			w->begun = aead_thread_begin();
		}
	}
	aead_thread_end();
	return NULL;
}

static void test_threads_seal_and_open_beside_each_other(void **state)
{
	static struct worker workers[THREADS];
	const struct aead_ops *ops;

	(void)state;
	for (size_t b = 0; (ops = aead_backend(b)); b++) {
		if (aead_lacks(ops->name))
			continue;
		print_message("           %s\n", ops->name);
		assert_int_equal(aead_init(ops->name), 0);
		for (size_t i = 0; i < THREADS; i++) {
			workers[i] = (struct worker){ .seed = { b * 100 + i } };
			assert_int_equal(
				pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
		}
		for (size_t i = 0; i < THREADS; i++) {
			pthread_join(workers[i].thread, NULL);
			assert_true(workers[i].begun);
			assert_int_equal(workers[i].wrong, 0);
		}
	}
}

static void test_a_key_that_takes_the_place_of_another_is_the_one_used(void **state)
{
	uint8_t data[64 + AEAD_TAG], want[64 + AEAD_TAG];
	const struct aead_ops *ops;
	struct key key;

	(void)state;
	for (size_t b = 0; (ops = aead_backend(b)); b++) {
		if (aead_lacks(ops->name))
			continue;
		assert_int_equal(aead_init(ops->name), 0);
		for (uint8_t i = 0; i < 3; i++) {
			struct aead_job job = { .key = &key, .nonce = 1, .len = 64 };

			key = (struct key){ .bytes = { i } };
			memset(data, 0, sizeof(data));
			memset(want, 0, sizeof(want));
			job.data = data;
			aead_seal(&job, 1);
			job.data = want;
			aead_sodium.seal(&job, 1);
			assert_memory_equal(data, want, sizeof(want));
		}
	}
}

static void test_a_thread_may_end_twice_and_begin_again(void **state)
{
	struct worker w = { .seed = { 1 } };
	const struct aead_ops *ops;

	(void)state;
	for (size_t b = 0; (ops = aead_backend(b)); b++) {
		if (aead_lacks(ops->name))
			continue;
		assert_int_equal(aead_init(ops->name), 0);
		aead_thread_end();
		aead_thread_end();
		aead_thread_rest();
		assert_true(aead_thread_begin());
		assert_true(aead_thread_begin());
		round_trip(&w);
		assert_int_equal(w.wrong, 0);
		aead_thread_end();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_threads_seal_and_open_beside_each_other),
		cmocka_unit_test(test_a_key_that_takes_the_place_of_another_is_the_one_used),
		cmocka_unit_test(test_a_thread_may_end_twice_and_begin_again),
	};

	if (aead_init(NULL) < 0)
		return 1;
	return cmocka_run_group_tests_name("aead_thread", tests, NULL, NULL);
}
