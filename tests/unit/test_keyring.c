/* SPDX-License-Identifier: ISC */
#include "proto/keyring.h"

#include "base/bytes.h"
#include "hex.h"

/*
 * The transition table, complete: every ring that can be (a session or none in
 * each slot), every event.  Sessions are named by letters: c, p, n are those in
 * the ring, N is the new one, "-" is an empty slot.
 */

static struct session pool[4]; /* c, p, n, N */

static struct session *slot(char name)
{
	static const char names[] = "cpnN";
	const char *at = strchr(names, name);

	return at && *at ? &pool[at - names] : NULL;
}

static bool listed(const struct session *list, const struct session *s)
{
	for (; list; list = list->link) {
		if (list == s)
			return true;
	}
	return false;
}

static size_t length(const struct session *list)
{
	size_t n = 0;

	for (; list; list = list->link)
		n++;
	return n;
}

static struct keyring ring_of(const char now[3])
{
	memset(pool, 0, sizeof(pool));
	for (size_t i = 0; i < LEN(pool); i++) {
		pool[i].send_valid = pool[i].receive_valid = true;
		pool[i].link = &pool[i]; /* junk that a list must not trust */
	}
	return (struct keyring){ .current = slot(now[0]),
				 .previous = slot(now[1]),
				 .next = slot(now[2]) };
}

/* The ring became `then`, and exactly the sessions in `left` were removed. */
static void check(const struct keyring *k, struct session *out, const char *then, const char *left)
{
	assert_ptr_equal(k->current, slot(then[0]));
	assert_ptr_equal(k->previous, slot(then[1]));
	assert_ptr_equal(k->next, slot(then[2]));
	assert_int_equal(length(out), strlen(left));
	for (; *left; left++)
		assert_true(listed(out, slot(*left)));
}

/* Slots in the order current, previous, next. */
static const struct {
	const char *ring;
	const char *initiated, *initiated_left;
	const char *answered, *answered_left;
	const char *confirmed, *confirmed_left; /* a packet under n */
} table[] = {
	{ "---", "N--", "", "--N", "", NULL, NULL },
	{ "c--", "Nc-", "", "c-N", "", NULL, NULL },
	{ "-p-", "N--", "p", "--N", "p", NULL, NULL },
	{ "cp-", "Nc-", "p", "c-N", "p", NULL, NULL },
	{ "--n", "Nn-", "", "--N", "n", "n--", "" },
	{ "c-n", "Nn-", "c", "c-N", "n", "nc-", "" },
	{ "-pn", "Nn-", "p", "--N", "np", "n--", "p" },
	{ "cpn", "Nn-", "cp", "c-N", "np", "nc-", "p" },
};

static void test_session_derived_as_initiator_becomes_current(void **state)
{
	(void)state;
	for (size_t i = 0; i < LEN(table); i++) {
		struct keyring k = ring_of(table[i].ring);
		struct session *left = keyring_add_initiated(&k, slot('N'));

		check(&k, left, table[i].initiated, table[i].initiated_left);
	}
}

static void test_session_derived_as_responder_becomes_next(void **state)
{
	(void)state;
	for (size_t i = 0; i < LEN(table); i++) {
		struct keyring k = ring_of(table[i].ring);
		struct session *left = keyring_add_answered(&k, slot('N'));

		check(&k, left, table[i].answered, table[i].answered_left);
	}
}

static void test_first_packet_under_next_makes_it_current(void **state)
{
	(void)state;
	for (size_t i = 0; i < LEN(table); i++) {
		struct keyring k = ring_of(table[i].ring);
		bool confirmed = false;
		struct session *left;

		if (!table[i].confirmed)
			continue;
		left = keyring_received(&k, slot('n'), &confirmed);
		assert_true(confirmed);
		check(&k, left, table[i].confirmed, table[i].confirmed_left);
		assert_null(keyring_received(&k, slot('n'), &confirmed)); /* once */
		assert_false(confirmed);
		assert_ptr_equal(k.current, slot('n'));
	}
}

static void test_packets_under_current_and_previous_change_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < LEN(table); i++) {
		for (const char *under = "cp"; *under; under++) {
			struct keyring k = ring_of(table[i].ring);
			bool confirmed = true;

			if (!strchr(table[i].ring, *under))
				continue;
			assert_null(keyring_received(&k, slot(*under), &confirmed));
			assert_false(confirmed);
			check(&k, NULL, table[i].ring, "");
		}
	}
}

static void test_clearing_hands_back_all(void **state)
{
	(void)state;
	static const char *const left[] = { "", "c", "p", "cp", "n", "cn", "pn", "cpn" };

	for (size_t i = 0; i < LEN(table); i++) {
		struct keyring k = ring_of(table[i].ring);
		struct session *out = keyring_clear(&k);

		check(&k, out, "---", left[i]);
	}
}

static void test_stopping_ends_sending_and_leaves_receiving(void **state)
{
	(void)state;
	for (size_t i = 0; i < LEN(table); i++) {
		struct keyring k = ring_of(table[i].ring);

		keyring_stop_sending(&k);
		check(&k, NULL, table[i].ring, "");
		for (const char *name = "cpn"; *name; name++) {
			assert_true(slot(*name)->receive_valid);
			if (*name != 'p' && strchr(table[i].ring, *name))
				assert_false(slot(*name)->send_valid);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_session_derived_as_initiator_becomes_current),
		cmocka_unit_test(test_session_derived_as_responder_becomes_next),
		cmocka_unit_test(test_first_packet_under_next_makes_it_current),
		cmocka_unit_test(test_packets_under_current_and_previous_change_nothing),
		cmocka_unit_test(test_clearing_hands_back_all),
		cmocka_unit_test(test_stopping_ends_sending_and_leaves_receiving),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
