/* SPDX-License-Identifier: ISC */
#include "crypto/aead.h"

#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "crypto/aead_check.h"
#include "crypto/aead_ipsecmb.h"
#include "crypto/aead_sodium.h"
#include "hex.h"

/*
 * Every backend that works here, alone and against libsodium; intel-ipsec-mb also
 * with its code for lesser CPUs.
 */

enum { LEN_MAX = 65535 - AEAD_TAG, GUARD = 64, GUARD_BYTE = 0x55 };

static const char *const archs[] = { "best", "avx512", "avx2", "avx", "sse" };

/* The next backend, on the next of its paths; false after the last. */
struct turn {
	const struct aead_ops *ops;
	size_t backend, arch;
	const char *name;
};

static bool next_turn(struct turn *t)
{
	const char *why;

	for (;;) {
		if (t->ops == &aead_ipsecmb && ++t->arch < LEN(archs)) {
			t->name = archs[t->arch];
			if (aead_ipsecmb_limit(t->name))
				return true;
			continue;
		}
		aead_ipsecmb_limit(NULL);
		t->ops = aead_backend(t->backend++);
		if (!t->ops)
			return false;
		t->name = t->ops->name;
		if (t->ops->begin(&why))
			return true;
		t->ops = NULL;
	}
}

static uint8_t pattern(size_t i)
{
	return (uint8_t)(i * 7 + (i >> 8) + 3);
}

static struct key make_key(uint8_t first)
{
	return (struct key){ .bytes = { first, 2, 3 } };
}

static void run_one(void (*run)(struct aead_job *, size_t), const struct key *key, uint64_t nonce,
		    uint8_t *data, uint32_t len, bool *authentic)
{
	struct aead_job job = { .key = key, .nonce = nonce, .data = data, .len = len };

	run(&job, 1);
	*authentic = job.authentic;
}

static uint8_t *fill(uint8_t *room, size_t at, size_t len)
{
	size_t i;

	memset(room, GUARD_BYTE, at + len + AEAD_TAG + GUARD);
	for (i = 0; i < len; i++)
		room[at + i] = pattern(i);
	return room + at;
}

static void assert_pattern(const uint8_t *data, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		assert_int_equal(data[i], pattern(i));
}

static void assert_guards(const uint8_t *room, size_t at, size_t len)
{
	size_t i;

	for (i = 0; i < at; i++)
		assert_int_equal(room[i], GUARD_BYTE);
	for (i = at + len + AEAD_TAG; i < at + len + AEAD_TAG + GUARD; i++)
		assert_int_equal(room[i], GUARD_BYTE);
}

/* Seal as libsodium does, open what libsodium sealed, touch nothing around it. */
static void check_at(const struct aead_ops *ops, const struct key *key, const struct key *plain_key,
		     size_t at, uint32_t len, uint64_t nonce)
{
	static uint8_t room[GUARD + LEN_MAX + AEAD_TAG + GUARD], twin[sizeof(room)];
	uint8_t *data = fill(room, at, len), *same = fill(twin, at, len);
	bool authentic;

	run_one(ops->seal, key, nonce, data, len, &authentic);
	run_one(aead_sodium.seal, plain_key, nonce, same, len, &authentic);
	assert_memory_equal(data, same, len + AEAD_TAG);
	assert_guards(room, at, len);
	run_one(ops->open, key, nonce, same, len + AEAD_TAG, &authentic);
	assert_true(authentic);
	assert_pattern(same, len);
	assert_guards(twin, at, len);
	run_one(aead_sodium.open, plain_key, nonce, data, len + AEAD_TAG, &authentic);
	assert_true(authentic);
	assert_pattern(data, len);
}

static void test_all_seal_every_length_alike_and_open_each_others(void **state)
{
	static const uint32_t long_ones[] = { 4095, 4096,  8191,  8192,  16384,
					      9000, 32768, 65503, 65518, LEN_MAX };
	struct turn t = { 0 };
	uint32_t len;
	size_t i;

	(void)state;
	while (next_turn(&t)) {
		struct key key = make_key(1), plain = make_key(1);

		print_message("           %s\n", t.name);
		for (len = 0; len <= 2048; len++)
			check_at(t.ops, &key, &plain, 0, len, UINT64_MAX - len);
		for (i = 0; i < LEN(long_ones); i++)
			check_at(t.ops, &key, &plain, 0, long_ones[i], i);
	}
}

static void test_buffers_need_no_alignment(void **state)
{
	static const uint32_t lens[] = { 0, 1, 15, 16, 17, 63, 64, 65, 255, 257, 1023, 1424, 1425 };
	struct turn t = { 0 };
	size_t at, i;

	(void)state;
	while (next_turn(&t)) {
		struct key key = make_key(1), plain = make_key(1);

		for (at = 0; at < GUARD; at++) {
			for (i = 0; i < LEN(lens); i++)
				check_at(t.ops, &key, &plain, at, lens[i], at);
		}
	}
}

static void test_passes_the_check_at_start_on_every_path(void **state)
{
	struct turn t = { 0 };

	(void)state;
	while (next_turn(&t)) {
		assert_true(aead_check(t.ops));
		assert_true(aead_check_alike(t.ops, &aead_sodium));
	}
}

/* false, and neither plaintext nor junk is left. */
static void refused(const struct aead_ops *ops, const struct key *key, uint64_t nonce,
		    const uint8_t *sealed, uint32_t len)
{
	static const uint8_t zero[4096];
	static uint8_t copy[sizeof(zero)];
	bool authentic;

	memcpy(copy, sealed, len);
	run_one(ops->open, key, nonce, copy, len, &authentic);
	assert_false(authentic);
	if (len > AEAD_TAG)
		assert_memory_equal(copy, zero, len - AEAD_TAG);
}

static void test_one_wrong_bit_is_refused_and_wiped(void **state)
{
	static const uint32_t lens[] = { 0, 1, 64, 257, 1424 };
	static uint8_t room[2048];
	struct turn t = { 0 };
	bool authentic;
	size_t l, bit;

	(void)state;
	while (next_turn(&t)) {
		struct key key = make_key(1);

		for (l = 0; l < LEN(lens); l++) {
			uint8_t *data = fill(room, 0, lens[l]);
			uint32_t len = lens[l] + AEAD_TAG;

			run_one(t.ops->seal, &key, 77, data, lens[l], &authentic);
			for (bit = 0; bit < len * 8u; bit++) {
				hex_flip(data, bit);
				refused(t.ops, &key, 77, data, len);
				hex_flip(data, bit);
			}
			for (bit = 0; bit < 64; bit++)
				refused(t.ops, &key, 77 ^ UINT64_C(1) << bit, data, len);
			for (bit = 0; bit < KEY_LEN * 8; bit++) {
				struct key other = key;

				hex_flip(other.bytes, bit);
				refused(t.ops, &other, 77, data, len);
			}
			run_one(t.ops->open, &key, 77, data, len, &authentic);
			assert_true(authentic);
			assert_pattern(data, lens[l]);
		}
	}
}

static void test_a_batch_may_mix_keys_and_lengths_and_be_longer_than_any_ring(void **state)
{
	enum { JOBS = 700, KEYS = 3, ROOM = 1100 };
	static struct aead_job jobs[JOBS];
	static uint8_t data[JOBS][ROOM + GUARD], twin[ROOM + AEAD_TAG + GUARD];
	struct turn t = { 0 };
	bool authentic;
	size_t i, k;

	(void)state;
	while (next_turn(&t)) {
		struct key keys[KEYS], plain[KEYS];

		for (k = 0; k < KEYS; k++) {
			keys[k] = make_key((uint8_t)(k + 1));
			plain[k] = make_key((uint8_t)(k + 1));
		}
		for (i = 0; i < JOBS; i++) {
			uint32_t len = (uint32_t)(i * 37 % (ROOM - AEAD_TAG));

			fill(data[i], 0, len);
			jobs[i] = (struct aead_job){
				.key = &keys[i % KEYS], .nonce = i, .data = data[i], .len = len
			};
		}
		t.ops->seal(jobs, JOBS);
		for (i = 0; i < JOBS; i++) {
			fill(twin, 0, jobs[i].len);
			run_one(aead_sodium.seal, &plain[i % KEYS], i, twin, jobs[i].len,
				&authentic);
			assert_memory_equal(data[i], twin, jobs[i].len + AEAD_TAG);
			assert_guards(data[i], 0, jobs[i].len);
			jobs[i].len += AEAD_TAG;
			if (i % 5 == 0)
				hex_flip(data[i], i % (jobs[i].len * 8));
		}
		t.ops->open(jobs, JOBS);
		for (i = 0; i < JOBS; i++) {
			assert_int_equal(jobs[i].authentic, i % 5 != 0);
			if (jobs[i].authentic)
				assert_pattern(data[i], jobs[i].len - AEAD_TAG);
		}
	}
}

static void test_two_keys_do_not_disturb_each_other(void **state)
{
	struct turn t = { 0 };

	(void)state;
	while (next_turn(&t)) {
		struct key a = make_key(1), b = make_key(2);

		check_at(t.ops, &a, &a, 0, 100, 1);
		check_at(t.ops, &b, &b, 0, 100, 1);
		check_at(t.ops, &a, &a, 0, 100, 2);
		if (t.ops->rest)
			t.ops->rest();
		check_at(t.ops, &b, &b, 0, 100, 2);
	}
}

/* The library's state is one process's own. */
static void test_a_child_process_gets_a_backend_of_its_own(void **state)
{
	struct turn t = { 0 };
	const char *why;
	int status;
	pid_t pid;

	(void)state;
	while (next_turn(&t)) {
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0)
			_exit(t.ops->begin(&why) && aead_check(t.ops) ? 0 : 1);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
		assert_true(aead_check(t.ops));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_seal_every_length_alike_and_open_each_others),
		cmocka_unit_test(test_buffers_need_no_alignment),
		cmocka_unit_test(test_passes_the_check_at_start_on_every_path),
		cmocka_unit_test(test_one_wrong_bit_is_refused_and_wiped),
		cmocka_unit_test(test_a_batch_may_mix_keys_and_lengths_and_be_longer_than_any_ring),
		cmocka_unit_test(test_two_keys_do_not_disturb_each_other),
		cmocka_unit_test(test_a_child_process_gets_a_backend_of_its_own),
	};

	if (aead_init(NULL) < 0)
		return 1;
	return cmocka_run_group_tests_name("aead_backends", tests, NULL, NULL);
}
