/* SPDX-License-Identifier: ISC */
#include "proto/index.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "hex.h"
#include "seed.h"

/*
 * Randomness with few different numbers, all of them close together: every
 * probe collides.
 */
static void fill_narrow(void *ctx, void *out, size_t len)
{
	assert_int_equal(len, 4);
	store_le32(out, 0x12345670 + seed_below(ctx, 2048));
}

static int targets[4]; /* things to point to */

static void test_an_empty_table_finds_nothing(void **state)
{
	(void)state;
	struct index_table t = { 0 };

	assert_null(index_find(&t, 0, INDEX_HANDSHAKE));
	assert_null(index_find(&t, 0, INDEX_SESSION));
	index_turn(&t, 0, INDEX_SESSION, &targets[0]);
	index_remove(&t, 0);
	assert_int_equal(t.n, 0);
	index_fini(&t);
}

static void test_a_lookup_states_the_kind_it_wants(void **state)
{
	(void)state;
	struct index_table t = { 0 };
	struct seed s = { 1 };
	struct rng rng = seed_chance(&s);
	uint32_t index;

	assert_true(index_add(&t, INDEX_HANDSHAKE, &targets[0], &rng, &index));
	assert_ptr_equal(index_find(&t, index, INDEX_HANDSHAKE), &targets[0]);
	assert_null(index_find(&t, index, INDEX_SESSION));
	index_turn(&t, index, INDEX_SESSION, &targets[1]);
	assert_null(index_find(&t, index, INDEX_HANDSHAKE));
	assert_ptr_equal(index_find(&t, index, INDEX_SESSION), &targets[1]);
	assert_int_equal(t.n, 1);
	index_turn(&t, index + 1, INDEX_SESSION, &targets[2]); /* not there: stays so */
	assert_null(index_find(&t, index + 1, INDEX_SESSION));
	for (unsigned bit = 0; bit < 32; bit++)
		assert_null(index_find(&t, index ^ 1u << bit, INDEX_SESSION));
	index_remove(&t, index);
	assert_null(index_find(&t, index, INDEX_SESSION));
	assert_int_equal(t.n, 0);
	index_fini(&t);
}

/* Randomness that returns these numbers in turn. */
struct script {
	const uint32_t *next;
};

static void fill_script(void *ctx, void *out, size_t len)
{
	struct script *s = ctx;

	assert_int_equal(len, 4);
	memcpy(out, s->next++, 4);
}

static void test_zero_and_all_ones_are_legal_and_a_collision_draws_again(void **state)
{
	(void)state;
	static const uint32_t draws[] = { 0, 0, UINT32_MAX, 0, UINT32_MAX, 7 };
	struct script s = { draws };
	struct rng rng = { .fill = fill_script, .ctx = &s };
	struct index_table t = { 0 };
	uint32_t index;

	assert_true(index_add(&t, INDEX_SESSION, &targets[0], &rng, &index));
	assert_int_equal(index, 0);
	assert_true(index_add(&t, INDEX_SESSION, &targets[1], &rng, &index));
	assert_int_equal(index, UINT32_MAX);
	assert_true(index_add(&t, INDEX_SESSION, &targets[2], &rng, &index));
	assert_int_equal(index, 7);
	assert_ptr_equal(index_find(&t, 0, INDEX_SESSION), &targets[0]);
	assert_ptr_equal(index_find(&t, UINT32_MAX, INDEX_SESSION), &targets[1]);
	index_fini(&t);
}

/* What the table must hold, as a plain list. */
struct entry {
	uint32_t index;
	uint8_t kind;
	void *target;
};

struct model {
	struct entry e[6000];
	size_t n;
};

static void check_all(const struct index_table *t, const struct model *m)
{
	assert_int_equal(t->n, m->n);
	assert_true(t->n * 2 <= t->size || t->n == 0);
	for (size_t i = 0; i < m->n; i++) {
		const struct entry *e = &m->e[i];
		enum index_kind other = e->kind == INDEX_SESSION ? INDEX_HANDSHAKE : INDEX_SESSION;

		assert_ptr_equal(index_find(t, e->index, (enum index_kind)e->kind), e->target);
		assert_null(index_find(t, e->index, other));
	}
}

static bool known(const struct model *m, uint32_t index)
{
	for (size_t i = 0; i < m->n; i++) {
		if (m->e[i].index == index)
			return true;
	}
	return false;
}

static void add(struct index_table *t, struct model *m, struct seed *s, const struct rng *rng)
{
	struct entry e = { .kind = seed_below(s, 2) ? INDEX_SESSION : INDEX_HANDSHAKE,
			   .target = &targets[seed_below(s, 4)] };

	assert_true(index_add(t, (enum index_kind)e.kind, e.target, rng, &e.index));
	assert_false(known(m, e.index));
	m->e[m->n++] = e;
}

static void run(const struct rng *rng, struct seed *s, size_t most, uint32_t steps)
{
	static struct model m;
	struct index_table t = { 0 };
	uint32_t turn = 0;

	m.n = 0;
	for (uint32_t i = 0; i < steps; i++) {
		bool grow = (i / (uint32_t)(2 * most)) % 2 == 0; /* fill up, run dry, and again */
		uint32_t what = seed_below(s, 10);

		if (what == 9 && m.n) {
			struct entry *e = &m.e[turn++ % m.n];

			e->kind = e->kind == INDEX_SESSION ? INDEX_HANDSHAKE : INDEX_SESSION;
			e->target = &targets[seed_below(s, 4)];
			index_turn(&t, e->index, (enum index_kind)e->kind, e->target);
		} else if ((what < 6) == grow && m.n < most) {
			add(&t, &m, s, rng);
		} else if (m.n) {
			size_t k = seed_below(s, (uint32_t)m.n);
			uint32_t gone = m.e[k].index;

			index_remove(&t, gone);
			index_remove(&t, gone); /* twice is once */
			m.e[k] = m.e[--m.n];
			assert_null(index_find(&t, gone, INDEX_SESSION));
			assert_null(index_find(&t, gone, INDEX_HANDSHAKE));
		}
		if (i % (steps / 300) == 0)
			check_all(&t, &m);
	}
	check_all(&t, &m);
	while (m.n)
		index_remove(&t, m.e[--m.n].index);
	assert_int_equal(t.n, 0);
	assert_true(t.size <= 16); /* it gave its memory back */
	index_fini(&t);
}

static void test_random_operations_agree_with_a_list(void **state)
{
	(void)state;
	struct seed s = { 41 }, draw = { 42 };
	struct rng rng = seed_chance(&draw);

	run(&rng, &s, 1000, 100000);
}

/* Indices side by side: each removal has to move others back. */
static void test_removal_keeps_what_was_pushed_aside(void **state)
{
	(void)state;
	struct seed s = { 51 }, draw = { 52 };
	struct rng rng = { .fill = fill_narrow, .ctx = &draw };

	run(&rng, &s, 700, 100000);
}

/* All 32 bits are drawn: no structure, no counter (each bit set about half the time). */
static void test_indices_have_no_structure(void **state)
{
	(void)state;
	enum { MANY = 20000 };
	struct index_table t = { 0 };
	struct seed s = { 61 };
	struct rng rng = seed_chance(&s);
	unsigned set[32] = { 0 };
	uint32_t index;

	for (int i = 0; i < MANY; i++) {
		assert_true(index_add(&t, INDEX_SESSION, &targets[0], &rng, &index));
		for (unsigned bit = 0; bit < 32; bit++)
			set[bit] += index >> bit & 1;
	}
	for (unsigned bit = 0; bit < 32; bit++)
		assert_in_range(set[bit], MANY / 2 - 400, MANY / 2 + 400);
	index_fini(&t);
}

static void test_no_memory_changes_nothing(void **state)
{
	(void)state;
	struct index_table t = { 0 };
	struct seed s = { 71 };
	struct rng rng = seed_chance(&s);
	uint32_t index[8], more;

	mem_fail_after(0);
	assert_false(index_add(&t, INDEX_SESSION, &targets[0], &rng, &more));
	mem_fail_after(-1);
	for (size_t i = 0; i < LEN(index); i++)
		assert_true(index_add(&t, INDEX_SESSION, &targets[i % 4], &rng, &index[i]));
	mem_fail_after(0); /* the ninth makes it grow */
	assert_false(index_add(&t, INDEX_SESSION, &targets[0], &rng, &more));
	mem_fail_after(-1);
	assert_int_equal(t.n, LEN(index));
	for (size_t i = 0; i < LEN(index); i++)
		assert_ptr_equal(index_find(&t, index[i], INDEX_SESSION), &targets[i % 4]);
	index_fini(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_empty_table_finds_nothing),
		cmocka_unit_test(test_a_lookup_states_the_kind_it_wants),
		cmocka_unit_test(test_zero_and_all_ones_are_legal_and_a_collision_draws_again),
		cmocka_unit_test(test_random_operations_agree_with_a_list),
		cmocka_unit_test(test_removal_keeps_what_was_pushed_aside),
		cmocka_unit_test(test_indices_have_no_structure),
		cmocka_unit_test(test_no_memory_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
