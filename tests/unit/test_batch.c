/* SPDX-License-Identifier: ISC */
#include "base/batch.h"

#include <errno.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "hex.h"
#include "vectors.h"

static void test_padding_follows_the_table(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < LEN(padding_vectors); i++)
		assert_int_equal(batch_padded(padding_vectors[i].len, padding_vectors[i].mtu),
				 padding_vectors[i].len + padding_vectors[i].pad);
}

static void test_padding_never_passes_the_mtu_nor_15_bytes(void **state)
{
	static const uint32_t mtus[] = { 0, 1, 15, 16, 17, 576, 1280, 1299, 1420, 1500, 65535 };
	uint32_t len, padded;
	size_t i;

	(void)state;
	for (i = 0; i < LEN(mtus); i++) {
		for (len = 0; len <= PKT_MAX; len++) {
			padded = batch_padded(len, mtus[i]);
			assert_in_range(padded, len, len + PKT_PAD - 1);
			if (mtus[i] == 0)
				assert_int_equal(padded % PKT_PAD, 0);
			else if (len <= mtus[i])
				assert_in_range(padded, 0, mtus[i]);
		}
	}
}

static void test_every_fate_has_a_name_of_its_own(void **state)
{
	int a, b;

	(void)state;
	for (a = 0; a < FATE_COUNT; a++) {
		const char *name = fate_name((enum fate)a);

		assert_non_null(name);
		assert_true(strlen(name) > 0);
		assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz-"), strlen(name));
		for (b = 0; b < a; b++)
			assert_string_not_equal(name, fate_name((enum fate)b));
	}
	assert_string_equal(fate_name(FATE_REPLAY), "replay");
	assert_string_equal(fate_name(FATE_NO_SESSION), "no-session");
	assert_string_equal(fate_name(FATE_COUNT), "unknown");
}

static void test_sealed_packets_of_equal_length_touch_each_other(void **state)
{
	static const uint32_t mtus[] = { 0, 1299, 1420 };
	static const size_t lens[] = { 0, 1, 84, 1297, 1299, 1420 };
	struct batch b;
	size_t i, j, k;

	(void)state;
	assert_int_equal(batch_init(&b, 8, 1, 65536), 0);
	for (i = 0; i < LEN(mtus); i++) {
		b.mtu = mtus[i];
		for (j = 0; j < LEN(lens); j++) {
			size_t sealed = PKT_HEAD + batch_padded((uint32_t)lens[j], b.mtu) + PKT_TAG;
			struct pkt *p, *last = NULL;

			batch_reset(&b);
			for (k = 0; k < 8; k++) {
				p = batch_add(&b, lens[j]);
				assert_non_null(p);
				assert_int_equal(p->len, lens[j]);
				assert_int_equal(p->fate, FATE_NONE);
				if (last)
					assert_ptr_equal(p->data, last->data + sealed);
				last = p;
			}
			assert_null(batch_add(&b, lens[j]));
		}
	}
	batch_fini(&b);
}

static void test_space_holds_all_that_it_promises(void **state)
{
	static const uint32_t mtus[] = { 0, 100, 1299, 1420, 1500 };
	size_t i, size, room, len;
	struct batch b;
	uint8_t *space;

	(void)state;
	for (i = 0; i < LEN(mtus); i++) {
		for (size = 0; size < 1700; size++) {
			assert_int_equal(batch_init(&b, 1, 1, size), 0);
			b.mtu = mtus[i];
			space = batch_space(&b, &room);
			if (!space) {
				assert_int_equal(room, 0);
				assert_null(batch_add(&b, 1));
			}
			/* Any length up to room can be added, and is where space was. */
			for (len = room; len > 0 && len + 20 > room; len--) {
				struct pkt *p;

				memset(space, 0xff, len);
				p = batch_add(&b, len);
				assert_non_null(p);
				assert_ptr_equal(p->data, space);
				assert_int_equal(p->len, len);
				assert_ptr_equal(p->data, b.mem + PKT_HEAD);
				assert_true(b.used <= size);
				batch_reset(&b);
			}
			batch_fini(&b);
		}
	}
}

static void test_a_packet_of_exactly_the_mtu_fits_where_it_just_fits(void **state)
{
	size_t room;
	struct batch b;

	(void)state;
	assert_int_equal(batch_init(&b, 4, 1, PKT_HEAD + 1420 + PKT_TAG), 0);
	b.mtu = 1420;
	assert_non_null(batch_space(&b, &room));
	assert_int_equal(room, 1420);
	assert_non_null(batch_add(&b, room));
	assert_null(batch_space(&b, &room));
	batch_fini(&b);
}

static void test_a_full_batch_takes_nothing_more(void **state)
{
	struct batch b;
	size_t room;

	(void)state;
	assert_int_equal(batch_init(&b, 2, 1, 4096), 0);
	assert_non_null(batch_add(&b, 10));
	assert_non_null(batch_point(&b, b.mem, 10));
	assert_null(batch_space(&b, &room));
	assert_null(batch_add(&b, 0));
	assert_null(batch_point(&b, b.mem, 10));
	assert_non_null(batch_end(&b));
	assert_null(batch_end(&b));

	batch_reset(&b);
	assert_non_null(batch_space(&b, &room));
	assert_non_null(batch_end(&b));
	assert_null(batch_add(&b, PKT_MAX + 1));
	assert_null(batch_add(&b, SIZE_MAX));
	assert_null(batch_carve(&b, 4097));
	assert_null(batch_carve(&b, SIZE_MAX));
	assert_int_equal(b.n, 0);
	assert_int_equal(b.used, 0);
	batch_fini(&b);
}

static void test_space_never_promises_more_than_the_longest_packet(void **state)
{
	struct batch b;
	size_t room;

	(void)state;
	assert_int_equal(batch_init(&b, 1, 1, 1 << 20), 0);
	assert_non_null(batch_space(&b, &room));
	assert_int_equal(room, PKT_MAX);
	assert_non_null(batch_add(&b, room));
	batch_fini(&b);
}

static void test_carved_memory_and_packets_do_not_overlap(void **state)
{
	struct pkt *plain, *pointed;
	struct batch b;
	uint8_t *raw;

	(void)state;
	assert_int_equal(batch_init(&b, 4, 1, 4096), 0);
	raw = batch_carve(&b, 100);
	assert_ptr_equal(raw, b.mem);
	plain = batch_add(&b, 32);
	assert_ptr_equal(plain->data, raw + 100 + PKT_HEAD);
	pointed = batch_point(&b, raw + 10, 20);
	assert_ptr_equal(pointed->data, raw + 10);
	assert_int_equal(pointed->len, 20);
	assert_int_equal(b.n, 2);
	assert_int_equal(b.used, 100 + PKT_HEAD + 32 + PKT_TAG);
	batch_fini(&b);
}

static void test_what_a_batch_hands_out_again_is_clean(void **state)
{
	struct endpoint *end;
	struct batch b;
	struct pkt *p;

	(void)state;
	assert_int_equal(batch_init(&b, 1, 1, 4096), 0);
	p = batch_add(&b, 1);
	end = batch_end(&b);
	memset(end, 0xff, sizeof(*end));
	p->fate = FATE_NET;
	p->flags = PKT_SOURCE_STALE;
	p->tos = p->err = 7;
	p->end = end;
	p->owner = &b;
	b.mtu = 1234;
	batch_reset(&b);

	p = batch_add(&b, 1);
	end = batch_end(&b);
	assert_int_equal(p->fate, FATE_NONE);
	assert_int_equal(p->flags | p->tos | p->err, 0);
	assert_null(p->end);
	assert_null(p->owner);
	assert_false(endpoint_known(end));
	assert_int_equal(end->ifindex, 0);
	assert_int_equal(b.mtu, 1234);
	batch_fini(&b);
}

static void test_init_that_runs_out_of_memory_leaves_nothing_behind(void **state)
{
	struct batch b;
	long n;

	(void)state;
	for (n = 0; n < 3; n++) {
		mem_fail_after(n);
		assert_int_equal(batch_init(&b, 8, 8, 4096), -ENOMEM);
		mem_fail_after(-1);
		assert_null(b.mem);
		batch_fini(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_padding_follows_the_table),
		cmocka_unit_test(test_padding_never_passes_the_mtu_nor_15_bytes),
		cmocka_unit_test(test_every_fate_has_a_name_of_its_own),
		cmocka_unit_test(test_sealed_packets_of_equal_length_touch_each_other),
		cmocka_unit_test(test_space_holds_all_that_it_promises),
		cmocka_unit_test(test_a_packet_of_exactly_the_mtu_fits_where_it_just_fits),
		cmocka_unit_test(test_a_full_batch_takes_nothing_more),
		cmocka_unit_test(test_space_never_promises_more_than_the_longest_packet),
		cmocka_unit_test(test_carved_memory_and_packets_do_not_overlap),
		cmocka_unit_test(test_what_a_batch_hands_out_again_is_clean),
		cmocka_unit_test(test_init_that_runs_out_of_memory_leaves_nothing_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
