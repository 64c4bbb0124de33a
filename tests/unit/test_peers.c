/* SPDX-License-Identifier: ISC */
#include "proto/peers.h"

#include <errno.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "hex.h"
#include "proto/peer.h"
#include "seed.h"

enum { MANY = 10000 };

static struct peer *all;

static struct key key_of(uint32_t number)
{
	struct seed s = { number };
	struct key key;

	seed_fill(&s, key.bytes, sizeof(key.bytes));
	return key;
}

static void test_an_empty_table_finds_nobody(void **state)
{
	(void)state;
	struct peers p = { 0 };
	struct key key = key_of(1);

	assert_null(peers_find(&p, &key));
	peers_fini(&p);
}

static void test_10000_peers_are_found_and_listed_in_order(void **state)
{
	(void)state;
	struct peers p = { .key = { { 1, 2, 3 } } };
	uint32_t i = 0;

	for (i = 0; i < MANY; i++) {
		all[i].public_key = key_of(i);
		assert_int_equal(peers_add(&p, &all[i]), 0);
	}
	assert_int_equal(p.n, MANY);
	assert_true(p.size >= MANY && p.size < 4 * MANY);
	i = 0;
	for (struct peer *peer = p.first; peer; peer = peer->next)
		assert_ptr_equal(peer, &all[i++]);
	assert_int_equal(i, MANY);
	for (i = 0; i < MANY; i++) {
		struct key key = key_of(i), other = key_of(i + MANY);

		assert_ptr_equal(peers_find(&p, &key), &all[i]);
		assert_null(peers_find(&p, &other));
		hex_flip(&key, i % 256);
		assert_null(peers_find(&p, &key));
	}
	/* Every third goes, from the ends and from the middle. */
	for (i = 0; i < MANY; i += 3)
		peers_remove(&p, &all[i]);
	i = 0;
	for (struct peer *peer = p.first; peer; peer = peer->next) {
		i += i % 3 == 0;
		assert_ptr_equal(peer, &all[i++]);
		assert_true(!peer->prev || peer->prev < peer);
	}
	for (i = 0; i < MANY; i++) {
		struct key key = key_of(i);

		assert_ptr_equal(peers_find(&p, &key), i % 3 ? &all[i] : NULL);
		if (i % 3)
			peers_remove(&p, &all[i]);
	}
	assert_int_equal(p.n, 0);
	assert_null(p.first);
	assert_null(p.last);
	assert_true(p.size <= 16);
	peers_fini(&p);
}

static void test_no_memory_adds_nobody_and_removal_needs_none(void **state)
{
	(void)state;
	struct peers p = { 0 };
	uint32_t added = 0;

	for (uint32_t i = 0; i < 100; i++) {
		all[i].public_key = key_of(i);
		mem_fail_after(0);
		if (peers_add(&p, &all[i]) < 0) {
			struct key key = key_of(i);

			assert_int_equal(p.n, i);
			assert_null(peers_find(&p, &key));
			mem_fail_after(-1);
			assert_int_equal(peers_add(&p, &all[i]), 0);
			added++;
		}
		mem_fail_after(-1);
	}
	assert_true(added > 0 && added < 10);
	mem_fail_after(0);
	for (uint32_t i = 0; i < 99; i++) {
		struct key key = key_of(99);

		peers_remove(&p, &all[i]);
		mem_fail_after(0);
		assert_ptr_equal(peers_find(&p, &key), &all[99]);
	}
	mem_fail_after(-1);
	peers_fini(&p);
}

static int set_up(void **state)
{
	(void)state;
	all = mem_new_array(MANY, sizeof(*all));
	return all ? 0 : -ENOMEM;
}

static int tear_down(void **state)
{
	(void)state;
	mem_free(all);
	return 0;
}

static struct endpoint place(uint32_t number)
{
	struct endpoint e = { .remote.v4 = { .sin_family = AF_INET } };

	store_be32(&e.remote.v4.sin_addr, 0x0a000000 + number / 7);
	e.remote.v4.sin_port = (uint16_t)(1 + number % 7);
	return e;
}

static void settle_at(struct peers *p, struct peer *peer, uint32_t number)
{
	peer->endpoint = place(number);
	peers_moved(p, peer);
}

static void test_peers_are_found_where_they_are(void **state)
{
	(void)state;
	struct peers p = { .key = { { 1, 2, 3 } } };
	struct endpoint nowhere = { 0 }, end = place(0);

	assert_null(peers_at(&p, &end));
	for (uint32_t i = 0; i < MANY; i++) {
		all[i].public_key = key_of(i);
		all[i].endpoint = i % 2 ? place(i) : nowhere; /* known before, or later */
		assert_int_equal(peers_add(&p, &all[i]), 0);
		settle_at(&p, &all[i], i);
	}
	assert_null(peers_at(&p, &nowhere));
	for (uint32_t i = 0; i < MANY; i++) {
		end = place(i);
		assert_ptr_equal(peers_at(&p, &end), &all[i]);
		end = place(i + MANY);
		assert_null(peers_at(&p, &end));
	}
	for (uint32_t i = 0; i < MANY; i++) /* all move */
		settle_at(&p, &all[i], i + MANY);
	for (uint32_t i = 0; i < MANY; i += 2)
		peers_remove(&p, &all[i]);
	for (uint32_t i = 0; i < MANY; i++) {
		end = place(i);
		assert_null(peers_at(&p, &end));
		end = place(i + MANY);
		assert_ptr_equal(peers_at(&p, &end), i % 2 ? &all[i] : NULL);
	}
	peers_fini(&p);
}

static void test_peers_at_one_place_leave_it_one_by_one(void **state)
{
	(void)state;
	struct peers p = { .key = { { 1, 2, 3 } } };
	struct endpoint end = place(1);

	memset(all, 0, 5 * sizeof(*all));
	for (uint32_t i = 0; i < 5; i++) {
		all[i].public_key = key_of(i);
		all[i].endpoint = end;
		assert_int_equal(peers_add(&p, &all[i]), 0);
	}
	for (uint32_t i = 0; i < 5; i++) {
		uint32_t gone = i * 3 % 5; /* from the ends and from the middle */

		assert_non_null(peers_at(&p, &end));
		if (i % 2)
			peers_remove(&p, &all[gone]);
		else
			settle_at(&p, &all[gone], 100 + i);
	}
	assert_null(peers_at(&p, &end));
	peers_fini(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_empty_table_finds_nobody),
		cmocka_unit_test(test_10000_peers_are_found_and_listed_in_order),
		cmocka_unit_test(test_no_memory_adds_nobody_and_removal_needs_none),
		cmocka_unit_test(test_peers_are_found_where_they_are),
		cmocka_unit_test(test_peers_at_one_place_leave_it_one_by_one),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
