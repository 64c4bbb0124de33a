/* SPDX-License-Identifier: ISC */
#include "crypto/aead.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "base/vault.h"
#include "hex.h"
#include "seed.h"

/* Between two calls no backend has a key in ordinary memory, which may be swapped out. */

enum { WORDS = KEY_LEN / 4, HUGE_REGION = 256 << 20, LEN_MOST = 1424 };

/* No sanitizer, for nobody owns what it reads; and the key is never copied to be compared. */
static size_t __attribute__((noinline, no_sanitize_address, no_sanitize("undefined")))
count_in(uintptr_t at, uintptr_t end, const struct key *key)
{
	const volatile uint32_t *want = (const volatile void *)key->bytes;
	size_t found = 0, i;

	for (; at + KEY_LEN <= end; at += 4) {
		const volatile uint32_t *is = (const volatile uint32_t *)at;

		for (i = 0; i < WORDS && is[i] == want[i]; i++)
			;
		found += i == WORDS;
	}
	return found;
}

/* How many copies there are in all memory that can be written, but for the stack and the vault. */
static size_t copies_of(const struct key *key)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	uintptr_t vault = (uintptr_t)key, from, to;
	char line[512], rights[5], name[64];
	size_t found = 0;

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps)) {
		name[0] = '\0';
		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s %*s %*s %*s %63s", &from, &to,
			   rights, name) < 3)
			fail_msg("%s", line);
		if (strncmp(rights, "rw", 2) != 0 || (vault >= from && vault < to) ||
		    strcmp(name, "[stack]") == 0 || to - from > HUGE_REGION)
			continue;
		found += count_in(from, to, key);
	}
	fclose(maps);
	return found;
}

static void run(const struct key *key, struct seed *seed, uint8_t *data)
{
	struct aead_job jobs[3];
	size_t i, each = LEN_MOST + AEAD_TAG;

	for (i = 0; i < LEN(jobs); i++)
		jobs[i] = (struct aead_job){ .key = key,
					     .nonce = seed_next(seed),
					     .data = data + i * each,
					     .len = LEN_MOST };
	aead_seal(jobs, LEN(jobs));
	assert_int_equal(copies_of(key), 0);
	for (i = 0; i < LEN(jobs); i++)
		jobs[i].len += AEAD_TAG;
	hex_flip(jobs[2].data, 5);
	aead_open(jobs, LEN(jobs)); /* the last one is forged */
	assert_true(jobs[0].authentic && jobs[1].authentic && !jobs[2].authentic);
	assert_int_equal(copies_of(key), 0);
	jobs[0].len = 3;
	aead_open(jobs, 1); /* no job that gets that far */
	assert_int_equal(copies_of(key), 0);
}

static void test_no_key_stays_in_ordinary_memory(void **state)
{
	struct key *key = vault_new(sizeof(*key));
	uint8_t *data = mem_new(3 * (LEN_MOST + AEAD_TAG)), *copy = malloc(KEY_LEN);
	const struct aead_ops *ops;
	struct seed seed = { 11 };

	(void)state;
	assert_true(key && data && copy);
	seed_fill(&seed, key->bytes, KEY_LEN);
	memcpy(copy, key->bytes, KEY_LEN);
	assert_int_equal(copies_of(key), 1); /* the eye sees */
	wipe(copy, KEY_LEN);
	free(copy);
	for (size_t b = 0; (ops = aead_backend(b)); b++) {
		if (aead_lacks(ops->name))
			continue;
		print_message("           %s\n", ops->name);
		assert_int_equal(aead_init(ops->name), 0);
		run(key, &seed, data);
	}
	mem_free(data);
	vault_free(key, sizeof(*key));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_key_stays_in_ordinary_memory),
	};

	if (aead_init(NULL) < 0)
		return 1;
	return cmocka_run_group_tests_name("aead_memory", tests, NULL, NULL);
}
