/* SPDX-License-Identifier: ISC */
#include "proto/staged.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "hex.h"
#include "proto/limits.h"
#include "seed.h"

enum { LENGTH_FIELD = 4 };

static void test_packets_come_out_in_order_and_whole(void **state)
{
	(void)state;
	static const char *const packets[] = { "one", "", "three", "four and more" };
	struct staged s = { 0 };
	uint8_t out[32];

	for (size_t i = 0; i < LEN(packets); i++)
		assert_int_equal(staged_push(&s, (const uint8_t *)packets[i], strlen(packets[i]),
					     STAGED_BYTES),
				 0);
	assert_int_equal(s.n, LEN(packets));
	for (size_t i = 0; i < LEN(packets); i++) {
		assert_int_equal(staged_length(&s), strlen(packets[i]));
		staged_pop(&s, out);
		assert_memory_equal(out, packets[i], strlen(packets[i]));
	}
	assert_int_equal(s.n, 0);
	assert_null(s.ring); /* its memory went with the last */
}

static void test_a_keepalive_has_no_bytes_to_copy(void **state)
{
	(void)state;
	struct staged s = { 0 };

	assert_int_equal(staged_push(&s, NULL, 0, STAGED_BYTES), 0);
	assert_int_equal(s.n, 1);
	assert_int_equal(staged_length(&s), 0);
	staged_pop(&s, NULL);
	assert_int_equal(s.n, 0);
}

static void test_the_129th_packet_drops_the_oldest(void **state)
{
	(void)state;
	struct staged s = { 0 };
	uint8_t out[4];

	for (uint32_t i = 0; i < 200; i++) {
		store_le32(out, i);
		assert_int_equal(staged_push(&s, out, sizeof(out), STAGED_BYTES), i >= 128);
	}
	assert_int_equal(s.n, 128);
	for (uint32_t i = 72; i < 200; i++) {
		staged_pop(&s, out);
		assert_int_equal(load_le32(out), i);
	}
	assert_int_equal(s.n, 0);
}

static void test_bytes_are_bounded_too(void **state)
{
	(void)state;
	static uint8_t big[STAGED_BYTES];
	struct staged s = { 0 };
	size_t half = STAGED_BYTES / 2 - LENGTH_FIELD;

	assert_int_equal(staged_push(&s, big, half, STAGED_BYTES), 0);
	assert_int_equal(staged_push(&s, big, half, STAGED_BYTES), 0);
	assert_int_equal(s.used, STAGED_BYTES);
	assert_int_equal(staged_push(&s, big, 0, STAGED_BYTES), 1);
	assert_int_equal(staged_push(&s, big, half, STAGED_BYTES),
			 1); /* 4 bytes too many: the other one goes */
	assert_int_equal(s.n, 2);
	assert_int_equal(staged_push(&s, big, STAGED_BYTES - LENGTH_FIELD, STAGED_BYTES), 2);
	assert_int_equal(s.n, 1);
	assert_int_equal(staged_push(&s, big, STAGED_BYTES - LENGTH_FIELD + 1, STAGED_BYTES), -1);
	assert_int_equal(staged_push(&s, big, SIZE_MAX - LENGTH_FIELD, STAGED_BYTES), -1);
	assert_int_equal(s.n, 1); /* what did not fit displaced nothing */
	assert_int_equal(staged_purge(&s), 1);
	assert_null(s.ring);
	assert_int_equal(staged_purge(&s), 0);
}

/* A packet of the given number: its length and every byte follow from it. */
static size_t packet(uint32_t number, uint8_t *out)
{
	struct seed s = { number };
	size_t len = seed_below(&s, 10) ? seed_below(&s, 1500) : seed_below(&s, 65536);

	for (size_t i = 0; i < len; i += 8) {
		uint64_t word = seed_next(&s);

		memcpy(out + i, &word, len - i < 8 ? len - i : 8);
	}
	return len;
}

static void test_contents_survive_every_way_around_the_ring(void **state)
{
	(void)state;
	static uint8_t want[65536], is[65536];
	struct staged s = { 0 };
	struct seed seed = { 6 };
	uint32_t in = 0, out = 0;

	for (int i = 0; i < 20000; i++) {
		if (seed_below(&seed, 100) < 55) {
			int dropped = staged_push(&s, want, packet(in++, want), STAGED_BYTES);

			assert_true(dropped >= 0);
			out += (uint32_t)dropped;
		} else if (s.n) {
			size_t len = packet(out++, want);

			assert_int_equal(staged_length(&s), len);
			staged_pop(&s, is);
			assert_memory_equal(is, want, len);
		}
		assert_int_equal(s.n, in - out);
		assert_true(s.n <= STAGED_PACKETS && s.used <= STAGED_BYTES);
	}
	assert_int_equal(staged_purge(&s), in - out);
}

static void test_no_memory_keeps_nothing(void **state)
{
	(void)state;
	struct staged s = { 0 };

	mem_fail_after(0);
	assert_int_equal(staged_push(&s, (const uint8_t *)"x", 1, STAGED_BYTES), -1);
	mem_fail_after(-1);
	assert_int_equal(s.n, 0);
	assert_int_equal(staged_purge(&s), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_packets_come_out_in_order_and_whole),
		cmocka_unit_test(test_a_keepalive_has_no_bytes_to_copy),
		cmocka_unit_test(test_the_129th_packet_drops_the_oldest),
		cmocka_unit_test(test_bytes_are_bounded_too),
		cmocka_unit_test(test_contents_survive_every_way_around_the_ring),
		cmocka_unit_test(test_no_memory_keeps_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
