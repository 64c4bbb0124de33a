/* SPDX-License-Identifier: ISC */
#include "proto/bucket.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "hex.h"
#include "proto/limits.h"
#include "seed.h"

#define START (UINT64_C(500) * SECOND_NS)

static struct buckets *buckets_make(void)
{
	struct seed s = { 77 };
	struct rng rng = seed_chance(&s);
	static const struct bucket_pace pace = BUCKET_PACE(20, 5);
	struct buckets *b = bucket_new(&rng, &pace, false);

	assert_non_null(b);
	return b;
}

static struct ip ip_of(const char *text)
{
	struct ip ip;

	assert_true(ip_parse(&ip, text, strlen(text)));
	return ip;
}

/*
 * The kernel's table (ratelimiter self-test), per source, in milliseconds of waiting
 * before each.
 */
static const struct {
	unsigned wait_ms;
	bool passes;
} steps[] = {
	{ 0, true },  { 0, true },   { 0, true },  { 0, true },   { 0, true },
	{ 0, false }, { 50, true },  { 0, false }, { 100, true }, { 0, true },
	{ 0, false }, { 49, false }, { 1, true },  { 0, false },
};

static void test_each_source_has_a_burst_of_5_and_then_20_per_second(void **state)
{
	(void)state;
	struct ip sources[] = { ip_of("192.0.2.1"), ip_of("192.0.2.2"), ip_of("2001:db8:0:1::1"),
				ip_of("2001:db8:0:2::1") };
	struct buckets *b = buckets_make();
	uint64_t now = START;

	for (size_t i = 0; i < LEN(steps); i++) {
		now += steps[i].wait_ms * MILLI_NS;
		for (size_t k = 0; k < LEN(sources); k++) {
			if (bucket_take(b, &sources[k], now) != steps[i].passes)
				fail_msg("step %zu, source %zu", i, k);
		}
	}
	bucket_free(b);
}

static void test_a_nanosecond_early_is_too_early(void **state)
{
	(void)state;
	struct ip ip = ip_of("192.0.2.1");
	struct buckets *b = buckets_make();

	for (int i = 0; i < 5; i++)
		assert_true(bucket_take(b, &ip, START));
	assert_false(bucket_take(b, &ip, START + 50 * MILLI_NS - 1));
	assert_true(bucket_take(b, &ip, START + 50 * MILLI_NS));
	assert_false(bucket_take(b, &ip, START + 50 * MILLI_NS));
	bucket_free(b);
}

static void test_all_of_an_ipv6_64_is_one_source(void **state)
{
	(void)state;
	struct ip ip = ip_of("2001:db8:1:2::1");
	struct buckets *b = buckets_make();
	struct seed s = { 1 };

	for (int i = 0; i < 5; i++) {
		seed_fill(&s, ip.bytes + 8, 8);
		assert_true(bucket_take(b, &ip, START));
	}
	for (int i = 0; i < 100; i++) {
		seed_fill(&s, ip.bytes + 8, 8);
		assert_false(bucket_take(b, &ip, START));
	}
	for (unsigned bit = 0; bit < 64; bit++) { /* and its neighbours are others */
		hex_flip(ip.bytes, bit);
		assert_true(bucket_take(b, &ip, START));
		hex_flip(ip.bytes, bit);
	}
	bucket_free(b);
}

static void test_every_bit_of_an_ipv4_address_makes_another_source(void **state)
{
	(void)state;
	struct ip ip = ip_of("198.51.100.7");
	struct buckets *b = buckets_make();

	for (int i = 0; i < 5; i++)
		assert_true(bucket_take(b, &ip, START));
	for (unsigned bit = 0; bit < 32; bit++) {
		hex_flip(ip.bytes, bit);
		assert_true(bucket_take(b, &ip, START));
		hex_flip(ip.bytes, bit);
	}
	assert_false(bucket_take(b, &ip, START));
	bucket_free(b);
}

static void test_the_families_do_not_meet(void **state)
{
	(void)state;
	struct ip four = ip_of("1.2.3.4"), six = ip_of("::102:304:0:0:0:0");
	struct buckets *b = buckets_make();

	for (int i = 0; i < 5; i++)
		assert_true(bucket_take(b, &four, START));
	assert_false(bucket_take(b, &four, START));
	for (int i = 0; i < 5; i++)
		assert_true(bucket_take(b, &six, START));
	assert_false(bucket_take(b, &six, START));
	bucket_free(b);
}

/*
 * The table is bounded: new sources are refused when it is full, known ones served,
 * and time frees it.
 */
static void test_a_full_table_refuses_strangers_until_it_idles(void **state)
{
	(void)state;
	enum { MANY = 100000 };
	struct ip known = ip_of("192.0.2.1"), ip = { .family = AF_INET };
	struct buckets *b = buckets_make();
	uint32_t passed = 0;

	assert_true(bucket_take(b, &known, START));
	for (uint32_t i = 0; i < MANY; i++) {
		store_be32(ip.bytes, 0x0a000000 + i);
		passed += bucket_take(b, &ip, START);
	}
	assert_true(passed > 15000 && passed < 16384);
	assert_true(bucket_take(b, &known, START));
	passed = 0;
	for (uint32_t i = 0; i < 1000; i++) { /* a second is not more than a second */
		store_be32(ip.bytes, 0x0b000000 + i);
		passed += bucket_take(b, &ip, START + SECOND_NS);
	}
	assert_true(passed < 100);
	for (uint32_t i = 0; i < 1000; i++) {
		store_be32(ip.bytes, 0x0c000000 + i);
		assert_true(bucket_take(b, &ip, START + SECOND_NS + 1));
	}
	bucket_free(b);
}

/* Where sources may be invented, a full table must not be what refuses the others. */
static void test_a_full_lenient_table_lets_strangers_pass(void **state)
{
	(void)state;
	static const struct bucket_pace pace = BUCKET_PACE(20, 5);
	struct seed s = { 77 };
	struct rng rng = seed_chance(&s);
	struct buckets *b = bucket_new(&rng, &pace, true);
	struct ip known = ip_of("192.0.2.1"), ip = { .family = AF_INET };

	assert_non_null(b);
	for (int i = 0; i < 5; i++)
		assert_true(bucket_take(b, &known, START));
	for (uint32_t i = 0; i < 100000; i++) {
		store_be32(ip.bytes, 0x0a000000 + i);
		assert_true(bucket_take(b, &ip, START));
	}
	assert_false(bucket_take(b, &known, START)); /* it has its place */
	bucket_free(b);
}

static void test_one_bucket_alone_is_full_at_first(void **state)
{
	(void)state;
	static const struct bucket_pace pace = BUCKET_PACE(1000, 3);
	struct bucket b = { 0 };
	uint64_t now = START;

	for (int i = 0; i < 3; i++)
		assert_true(bucket_spend(&b, &pace, now));
	assert_false(bucket_spend(&b, &pace, now));
	assert_false(bucket_spend(&b, &pace, now - SECOND_NS)); /* time never goes back */
	now += MILLI_NS;
	assert_true(bucket_spend(&b, &pace, now));
	assert_false(bucket_spend(&b, &pace, now));
	now += 60 * SECOND_NS;
	for (int i = 0; i < 3; i++)
		assert_true(bucket_spend(&b, &pace, now));
	assert_false(bucket_spend(&b, &pace, now));
}

/* An exact bucket per source, to compare with. */
struct model {
	uint64_t tokens, last;
	bool known;
};

static bool model_take(struct model *m, uint64_t now)
{
	const uint64_t cost = SECOND_NS / 20, burst = 5 * cost;

	if (!m->known) {
		*m = (struct model){ .tokens = burst - cost, .last = now, .known = true };
		return true;
	}
	m->tokens += now - m->last;
	if (m->tokens > burst)
		m->tokens = burst;
	m->last = now;
	if (m->tokens < cost)
		return false;
	m->tokens -= cost;
	return true;
}

static void test_random_arrivals_agree_with_an_exact_bucket(void **state)
{
	(void)state;
	enum { SOURCES = 50 };
	struct model model[SOURCES] = { { 0 } };
	struct buckets *b = buckets_make();
	struct seed s = { 3 };
	uint64_t now = START;

	for (int i = 0; i < 200000; i++) {
		uint32_t k = seed_below(&s, SOURCES);
		struct ip ip = { .family = k % 2 ? AF_INET : AF_INET6 };

		store_be32(ip.bytes, 0x0a000000 + k);
		now += seed_below(&s, 2 * MILLI_NS);
		if (seed_below(&s, 1000) == 0)
			now += seed_next(&s) % (3 * SECOND_NS);
		assert_int_equal(bucket_take(b, &ip, now), model_take(&model[k], now));
	}
	bucket_free(b);
}

static void test_no_memory_is_told(void **state)
{
	(void)state;
	struct seed s = { 77 };
	struct rng rng = seed_chance(&s);

	mem_fail_after(0);
	assert_null(bucket_new(&rng, &(struct bucket_pace)BUCKET_PACE(20, 5), false));
	mem_fail_after(-1);
	bucket_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_source_has_a_burst_of_5_and_then_20_per_second),
		cmocka_unit_test(test_a_nanosecond_early_is_too_early),
		cmocka_unit_test(test_all_of_an_ipv6_64_is_one_source),
		cmocka_unit_test(test_every_bit_of_an_ipv4_address_makes_another_source),
		cmocka_unit_test(test_the_families_do_not_meet),
		cmocka_unit_test(test_a_full_table_refuses_strangers_until_it_idles),
		cmocka_unit_test(test_a_full_lenient_table_lets_strangers_pass),
		cmocka_unit_test(test_one_bucket_alone_is_full_at_first),
		cmocka_unit_test(test_random_arrivals_agree_with_an_exact_bucket),
		cmocka_unit_test(test_no_memory_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
