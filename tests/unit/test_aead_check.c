/* SPDX-License-Identifier: ISC */
#include "crypto/aead_check.h"

#include "hex.h"

/* Backends with one fault each, which the check at start must find. */

/* A copy of a good one, to be broken. */
static struct aead_ops backend(void)
{
	return *aead_backend(0);
}

static void open_believes_all(struct aead_job *jobs, size_t n)
{
	size_t i;

	aead_backend(0)->open(jobs, n);
	for (i = 0; i < n; i++)
		jobs[i].authentic = true;
}

static void open_believes_none(struct aead_job *jobs, size_t n)
{
	size_t i;

	aead_backend(0)->open(jobs, n);
	for (i = 0; i < n; i++)
		jobs[i].authentic = false;
}

/* All are as authentic as the last. */
static void open_judges_the_last(struct aead_job *jobs, size_t n)
{
	size_t i;

	aead_backend(0)->open(jobs, n);
	for (i = 0; i < n; i++)
		jobs[i].authentic = jobs[n - 1].authentic;
}

static void open_spoils_long_ones(struct aead_job *jobs, size_t n)
{
	size_t i;

	aead_backend(0)->open(jobs, n);
	for (i = 0; i < n; i++) {
		if (jobs[i].len > 1400)
			jobs[i].data[1400] ^= 1;
	}
}

static void seal_short_nonce(struct aead_job *jobs, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		jobs[i].nonce &= UINT32_MAX;
		aead_backend(0)->seal(&jobs[i], 1);
	}
}

static void seal_first_key(struct aead_job *jobs, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		jobs[i].key = jobs[0].key;
	aead_backend(0)->seal(jobs, n);
}

static void seal_wrong_at_200(struct aead_job *jobs, size_t n)
{
	size_t i;

	aead_backend(0)->seal(jobs, n);
	for (i = 0; i < n; i++) {
		if (jobs[i].len == 200)
			jobs[i].data[200] ^= 1;
	}
}

static void seal_wrong_tag_at_2048(struct aead_job *jobs, size_t n)
{
	size_t i;

	aead_backend(0)->seal(jobs, n);
	for (i = 0; i < n; i++) {
		if (jobs[i].len == 2048)
			jobs[i].data[2048 + AEAD_TAG - 1] ^= 0x80;
	}
}

static void open_spoils_2047(struct aead_job *jobs, size_t n)
{
	size_t i;

	aead_backend(0)->open(jobs, n);
	for (i = 0; i < n; i++) {
		if (jobs[i].len == 2047 + AEAD_TAG)
			jobs[i].data[2046] ^= 1;
	}
}

static void test_the_check_at_start_finds_a_backend_with_a_mistake(void **state)
{
	struct aead_ops good = backend(), bad;

	(void)state;
	assert_true(aead_check(&good));
	bad = backend();
	bad.open = open_believes_all;
	assert_false(aead_check(&bad));
	bad.open = open_believes_none;
	assert_false(aead_check(&bad));
	bad.open = open_judges_the_last;
	assert_false(aead_check(&bad));
	bad.open = open_spoils_long_ones;
	assert_false(aead_check(&bad));
	bad = backend();
	bad.seal = seal_short_nonce;
	assert_false(aead_check(&bad));
	bad.seal = seal_first_key;
	assert_false(aead_check(&bad));
}

static void test_two_backends_are_compared_at_every_length(void **state)
{
	struct aead_ops good = backend(), bad = backend();
	const char *why;
	size_t i = 0;

	(void)state;
	for (; aead_backend(i); i++) {
		if (aead_backend(i)->begin(&why))
			assert_true(aead_check_alike(aead_backend(i), &good));
	}
	bad.seal = seal_wrong_at_200;
	assert_true(aead_check(&bad)); /* no known answer has this length */
	assert_false(aead_check_alike(&bad, &good));
	assert_false(aead_check_alike(&good, &bad));
	bad.seal = seal_wrong_tag_at_2048;
	assert_false(aead_check_alike(&bad, &good));
	assert_false(aead_check_alike(&good, &bad));
	bad = backend();
	bad.open = open_believes_none;
	assert_false(aead_check_alike(&bad, &good));
	bad.open = open_spoils_2047;
	assert_true(aead_check(&bad));
	assert_false(aead_check_alike(&bad, &good));
}

static int set_up(void **state)
{
	(void)state;
	return aead_init(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_check_at_start_finds_a_backend_with_a_mistake),
		cmocka_unit_test(test_two_backends_are_compared_at_every_length),
	};

	return cmocka_run_group_tests_name("aead_check", tests, set_up, NULL);
}
