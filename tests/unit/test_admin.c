/* SPDX-License-Identifier: ISC */
#include "proto/admin.h"

#include <errno.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "base/vault.h"
#include "forced.h"
#include "hex.h"
#include "pair.h"
#include "proto/wire.h"

static struct picture before, after;

static const struct key none = { { 0 } };

static struct key private_key_of(uint64_t seed)
{
	struct seed s = { seed };
	struct key key;

	seed_fill(&s, key.bytes, KEY_LEN);
	return key;
}

static struct key public_key_of(uint64_t seed)
{
	struct key key = private_key_of(seed);
	struct noise_identity self;

	noise_identity_set(&self, &key);
	return self.public_key;
}

static struct prefix net_of(uint8_t third, uint8_t bits)
{
	return (struct prefix){ .ip = { .family = AF_INET, .bytes = { 10, 7, third, 1 } },
				.bits = bits };
}

/* b changes to this private key, and a gets the public key. */
static void b_changes(struct pair *p, const struct key *key)
{
	struct prefix inner = { .ip.family = AF_INET, .bits = 32 };

	admin_private_key(&p->b.t, key, p->now);
	p->b.public_key = *admin_public_key(&p->b.t);
	admin_remove(&p->a.t, p->a.peer);
	assert_int_equal(admin_add(&p->a.t, &p->b.public_key, &p->a.peer), 0);
	memcpy(inner.ip.bytes, p->b.inner, 4);
	assert_int_equal(admin_allow(&p->a.t, p->a.peer, &inner), 0);
	admin_endpoint(&p->a.t, p->a.peer, &p->b.at);
}

static void test_private_key_is_stored_clamped_and_removed_by_zeroes(void **state)
{
	(void)state;
	struct key key = { { 0xff } }, clamped;
	struct pair *p = pair_new(false);

	memset(&key, 0xff, sizeof(key));
	clamped = key;
	key_clamp(&clamped);
	admin_private_key(&p->a.t, &key, p->now);
	assert_true(key_equal(admin_read_private_key(&p->a.t), &clamped));
	assert_false(key_is_zero(admin_public_key(&p->a.t)));
	side_picture(&p->a, &before);
	admin_private_key(&p->a.t, &key, p->now); /* the same, and the same clamped: no effect */
	admin_private_key(&p->a.t, &clamped, p->now);
	side_picture(&p->a, &after);
	assert_memory_equal(before.bytes, after.bytes, before.len);
	admin_private_key(&p->a.t, &none, p->now);
	assert_true(key_is_zero(admin_read_private_key(&p->a.t)));
	assert_true(key_is_zero(admin_public_key(&p->a.t)));
	assert_false(p->a.peer->noise->shared_ok);
	assert_int_equal(side_send(p, &p->a, 84), FATE_STAGED);
	pair_run(p, 20 * SECOND_NS);
	assert_int_equal(p->a.n_log, 0);
	pair_free(p);
}

static void test_new_private_key_connects_at_once(void **state)
{
	(void)state;
	struct pair *p = pair_new(true);
	struct key key = private_key_of(50), psk = { { 1, 2, 3, 4 } };
	struct noise_remote want;

	pair_connect(p);
	pair_pass(p, SECOND_NS);
	b_changes(p, &key);
	admin_psk(p->a.peer, &psk);
	want = *p->a.peer->noise;
	noise_remote_update(&want, p->a.t.self);
	assert_true(noise_remote_ready(&want, p->a.t.self));
	assert_true(noise_remote_ready(p->b.peer->noise, p->b.t.self));
	assert_true(key_equal(&want.shared, &p->b.peer->noise->shared)); /* ss on both sides */
	assert_int_equal(p->b.peer->handshake_from, 0);                  /* the gate */
	side_send(p, &p->a, 84);
	pair_pump(p);
	assert_int_equal(p->b.dev.n, 1); /* its mac1 and cookie keys are new as well */
	pair_free(p);
}

/* A stranger may name any peer; and with thousands of them, a new key must not stop the data. */
static void test_secret_with_a_peer_is_made_at_first_use_and_once(void **state)
{
	(void)state;
	struct pair *p = pair_new(true);
	struct noise_remote *noise = p->b.peer->noise;
	struct key key = private_key_of(52);

	assert_true(noise->shared_due);
	assert_true(key_is_zero(&noise->shared));
	pair_connect(p);
	assert_false(noise->shared_due);
	/* What is made is kept: another value there would be used. */
	memset(&noise->shared, 0xab, sizeof(noise->shared));
	assert_true(noise_remote_ready(noise, p->b.t.self));
	assert_int_equal(noise->shared.bytes[0], 0xab);
	b_changes(p, &key);
	assert_true(noise->shared_due);
	assert_false(noise->shared_ok);
	assert_true(key_is_zero(&noise->shared)); /* that of the old key is gone */
	pair_free(p);
}

static void test_sessions_of_the_old_key_receive_only(void **state)
{
	(void)state;
	struct key key = private_key_of(51);
	struct pair *p = pair_new(false);
	uint64_t born;
	struct datagram d;

	pair_connect(p);
	born = p->b.peer->keyring.current->born;
	pair_run(p, SECOND_NS);
	admin_handshake(&p->b.t, p->b.peer, p->now);
	pair_pass(p, 5 * SECOND_NS);
	side_tick(p, &p->b);
	assert_true(p->b.peer->pending->waiting);
	admin_private_key(&p->b.t, &key, p->now);
	assert_false(p->b.peer->pending->waiting);
	assert_int_equal(p->b.t.index.n, 1); /* the session's */
	side_send(p, &p->a, 84);
	p->b.out.n = 0;
	d = side_take(&p->a, MESSAGE_DATA);
	assert_int_equal(side_hear(p, &p->b, &d), FATE_DEV);
	assert_int_equal(side_send(p, &p->b, 84), FATE_STAGED);
	d = side_forge(&p->a, 50, NULL, 0);
	pair_pass(p, born + 180 * SECOND_NS - 1 - p->now.mono);
	assert_int_equal(side_hear(p, &p->b, &d), FATE_KEEPALIVE);
	pair_pass(p, 1);
	d = side_forge(&p->a, 51, NULL, 0);
	assert_int_equal(side_hear(p, &p->b, &d), FATE_EXPIRED);
	pair_free(p);
}

static void test_a_first_private_key_sends_what_waits(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct key key = p->a.private_key;

	admin_private_key(&p->a.t, &none, p->now);
	assert_int_equal(side_send(p, &p->a, 84), FATE_STAGED);
	pair_run(p, SECOND_NS);
	assert_int_equal(p->b.dev.n, 0);
	admin_private_key(&p->a.t, &key, p->now);
	assert_int_equal(tunnel_deadline(&p->a.t), 0);
	pair_run(p, 0);
	assert_int_equal(p->b.dev.n, 1);
	pair_free(p);
}

static void test_a_peer_with_our_own_key_vanishes_or_is_refused(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct key mine = private_key_of(60), public_key = public_key_of(60);
	struct peer *peer;

	assert_int_equal(admin_add(&p->a.t, &public_key, &peer), 0); /* peer first, then key */
	assert_int_equal(admin_count(&p->a.t), 2);
	admin_private_key(&p->a.t, &mine, p->now);
	assert_int_equal(admin_count(&p->a.t), 1);
	assert_null(admin_find(&p->a.t, &public_key));
	assert_ptr_equal(admin_find(&p->a.t, &p->b.public_key), p->a.peer);
	assert_int_equal(admin_add(&p->a.t, &public_key, &peer), -EINVAL); /* key first */
	assert_null(peer);
	assert_int_equal(admin_count(&p->a.t), 1);
	pair_free(p);
}

static void test_psk_change_waits_for_the_next_handshake_and_leaves_sessions_alone(void **state)
{
	(void)state;
	static const struct key psk = { { 42 } };
	struct pair *p = pair_new(false);
	struct session *old;
	struct datagram d;

	pair_connect(p);
	pair_run(p, 30 * SECOND_NS);
	old = p->a.peer->keyring.current;
	admin_psk(p->a.peer, &psk);
	side_send(p, &p->a, 84);
	side_send(p, &p->b, 84);
	pair_pump(p);
	assert_int_equal(p->a.dev.n, 1);
	assert_int_equal(p->b.dev.n, 1);
	/*
	 * Set on both while the initiation flies: it is read when the response is made
	 * and heard.
	 */
	admin_psk(p->a.peer, &none);
	admin_handshake(&p->a.t, p->a.peer, p->now);
	side_forget(&p->a);
	side_tick(p, &p->a);
	d = side_take(&p->a, MESSAGE_INITIATION);
	admin_psk(p->b.peer, &psk);
	assert_int_equal(side_hear(p, &p->b, &d), FATE_CONSUMED);
	d = side_take(&p->b, MESSAGE_RESPONSE);
	assert_int_equal(side_hear(p, &p->a, &d), FATE_PSK);
	assert_ptr_equal(p->a.peer->keyring.current, old);
	admin_psk(p->a.peer, &psk);
	assert_int_equal(side_hear(p, &p->a, &d), FATE_CONSUMED);
	assert_ptr_not_equal(p->a.peer->keyring.current, old);
	pair_pump(p);
	side_forget(&p->a);
	pair_pass(p, 6 * SECOND_NS);
	admin_handshake(&p->b.t, p->b.peer, p->now); /* and in the other direction */
	pair_run(p, SECOND_NS);
	assert_true(p->b.peer->keyring.current->initiator);
	pair_free(p);
}

static void test_a_peer_can_go_with_everything_pending(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct key key = p->b.public_key, third = public_key_of(70);
	struct peer *other;
	struct datagram d;
	struct event e;
	size_t used;

	used = vault_used();
	assert_int_equal(admin_add(&p->a.t, &third, &other), 0);
	pair_connect(p);
	admin_handshake(&p->a.t, p->a.peer, p->now);
	pair_pass(p, 6 * SECOND_NS);
	side_tick(p, &p->a); /* an initiation flies */
	side_send(p, &p->b, 84);
	d = side_take(&p->b, MESSAGE_DATA);
	p->a.peer->keyring.current->send_valid = false;
	side_send(p, &p->a, 84); /* one waits */
	hsqueue_push(&p->a.t.hsqueue, d.data, 148, &d.from, false);
	admin_keepalive(&p->a.t, p->a.peer, 5, p->now); /* there is work */
	admin_keepalive(&p->a.t, other, 5, p->now);
	core_note(&p->a.t, (struct event){ .kind = EVENT_RETRY, .peer = p->a.peer });
	core_note(&p->a.t, (struct event){ .kind = EVENT_PSK, .peer = other });
	core_note(&p->a.t, (struct event){ .kind = EVENT_RETRY, .peer = p->a.peer });

	admin_remove(&p->a.t, p->a.peer);
	assert_int_equal(p->a.t.index.n, 0);
	assert_int_equal(p->a.t.deadlines.n, 0);
	assert_int_equal(p->a.t.allowed.nodes, 0);
	assert_null(admin_find(&p->a.t, &key));
	assert_ptr_equal(admin_first(&p->a.t), other);
	assert_true(tunnel_event(&p->a.t, &e)); /* the other's event is all that is left */
	assert_ptr_equal(e.peer, other);
	assert_false(tunnel_event(&p->a.t, &e));
	assert_int_equal(side_hear(p, &p->a, &d), FATE_NO_SESSION);
	pair_run(p, 10 * SECOND_NS);
	admin_remove(&p->a.t, other);
	assert_true(vault_used() < used);

	/* And may come back: everything starts from scratch. */
	assert_int_equal(admin_add(&p->a.t, &key, &p->a.peer), 0);
	assert_int_equal(admin_add(&p->a.t, &key, &other), -EEXIST);
	assert_ptr_equal(other, p->a.peer);
	assert_int_equal(p->a.peer->tx_bytes + p->a.peer->rx_bytes, 0);
	pair_free(p);
}

static void test_a_peer_made_again_connects_again(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct key key = p->b.private_key;

	pair_connect(p);
	for (int i = 0; i < 3; i++) {
		pair_pass(p, SECOND_NS);
		b_changes(p, &key); /* the same key: only a's peer is new */
		side_forget(&p->b);
		side_send(p, &p->a, 84);
		pair_pump(p);
		assert_int_equal(p->b.dev.n, 1);
		assert_int_equal(p->a.t.index.n, 1);
	}
	pair_free(p);
}

static void test_prefixes_move_between_peers(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct key key = public_key_of(80);
	struct prefix net = net_of(3, 24);
	struct peer *other;

	assert_int_equal(admin_add(&p->a.t, &key, &other), 0);
	assert_int_equal(admin_allow(&p->a.t, p->a.peer, &net), 0);
	assert_int_equal(p->a.peer->allowed.n, 2);
	assert_int_equal(admin_allow(&p->a.t, other, &net), 0);
	assert_int_equal(p->a.peer->allowed.n, 1);
	assert_ptr_equal(allowed_find4(&p->a.t.allowed, (uint8_t[]){ 10, 7, 3, 200 }), other);
	admin_disallow(&p->a.t, p->a.peer, &net); /* not his */
	assert_int_equal(other->allowed.n, 1);
	admin_disallow(&p->a.t, other, &net);
	assert_int_equal(other->allowed.n, 0);
	assert_null(allowed_find4(&p->a.t.allowed, (uint8_t[]){ 10, 7, 3, 200 }));
	admin_disallow_all(&p->a.t, p->a.peer);
	assert_int_equal(p->a.t.allowed.nodes, 0);
	assert_int_equal(side_send(p, &p->a, 84), FATE_NO_PEER);
	pair_free(p);
}

/* The answer went to a port that is closed now. */
static void test_other_sockets_ask_again_what_was_asked_from_the_old_ones(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct event e;

	side_send(p, &p->a, 84);
	p->cut = true;
	pair_run(p, MILLI_NS);
	assert_int_equal(side_said(&p->a, MESSAGE_INITIATION), 1);
	admin_sockets_changed(&p->a.t, p->now);
	assert_int_equal(p->a.peer->timers.unanswered, 0); /* b is not to blame */
	assert_int_equal(p->a.peer->reach.asked, 0);
	p->cut = false;
	side_forget(&p->a);
	side_send(p, &p->a, 84);
	pair_run(p, 20 * MILLI_NS);
	assert_int_equal(p->a.n_log, 0); /* b would not take it yet */
	pair_run(p, 400 * MILLI_NS);
	assert_int_equal(side_said(&p->a, MESSAGE_INITIATION), 1);
	assert_int_equal(p->b.dev.n, 2);
	assert_false(side_event(&p->a, EVENT_RETRY, &e));
	/* No peer that works is asked, and no other one sooner than it would have been. */
	side_forget(&p->a);
	for (int i = 0; i < 100; i++) {
		admin_sockets_changed(&p->a.t, p->now);
		pair_run(p, 10 * MILLI_NS);
	}
	assert_int_equal(side_said(&p->a, MESSAGE_INITIATION), 0);
	pair_free(p);
}

static void test_down_forgets_sessions_and_keeps_settings(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct endpoint at;
	uint64_t rx;

	pair_connect(p);
	admin_keepalive(&p->a.t, p->a.peer, 25, p->now);
	pair_run(p, SECOND_NS);
	at = p->a.peer->endpoint;
	rx = p->a.peer->rx_bytes;
	admin_down(&p->a.t);
	admin_down(&p->a.t);
	assert_null(p->a.peer->keyring.current);
	assert_int_equal(p->a.t.index.n, 0);
	assert_int_equal(p->a.peer->handshake_from, 0);
	side_tick(p, &p->a);
	assert_true(tunnel_deadline(&p->a.t) == UINT64_MAX);
	assert_true(endpoint_equal(&at, &p->a.peer->endpoint));
	assert_true(p->a.peer->rx_bytes == rx);
	assert_int_equal(p->a.peer->timers.interval, 25);
	side_forget(&p->a);
	side_send(p, &p->b, 84); /* deaf */
	pair_pump(p);
	assert_int_equal(p->a.dev.n + p->a.n_log, 0);
	assert_int_equal(side_send(p, &p->a, 84), FATE_STAGED); /* and dumb */
	pair_run(p, 30 * SECOND_NS);
	assert_int_equal(p->a.n_log, 0);
	admin_up(&p->a.t, p->now);
	side_forget(&p->b);
	pair_run(p, 0); /* at once: what waited, and it is the keepalive too */
	assert_int_equal(p->b.dev.n, 1);
	assert_int_equal(p->a.n_log, 2);
	pair_free(p);
}

static void test_configured_endpoint_forgets_the_source_and_learned_ones_can_be(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct endpoint there = p->b.at;

	there.local = (struct ip){ .family = AF_INET, .bytes = { 1, 2, 3, 4 } };
	there.ifindex = 9;
	admin_endpoint(&p->a.t, p->a.peer, &there);
	assert_int_equal(p->a.peer->endpoint.local.family, 0);
	p->a.peer->endpoint = there;
	admin_network_changed(&p->a.t);
	assert_int_equal(p->a.peer->endpoint.local.family, 0);
	assert_true(endpoint_same_remote(&there, &p->a.peer->endpoint));
	pair_free(p);
}

/* One life of a tunnel, in which any allocation may fail. */
static void live(long fail)
{
	struct seed s = { 1 };
	struct rng rng = seed_chance(&s);
	struct key key = private_key_of(1), other = public_key_of(2);
	struct prefix net = net_of(1, 24), in = net_of(1, 26), out = net_of(2, 24);
	struct instant now = { .mono = SECOND_NS, .wall = SECOND_NS };
	struct peer *peer = NULL;
	struct tunnel t;

	mem_fail_after(fail);
	if (tunnel_init(&t, &rng, 8) < 0)
		goto out;
	admin_up(&t, now);
	admin_private_key(&t, &key, now);
	if (admin_add(&t, &other, &peer) == 0) {
		admin_allow(&t, peer, &net);
		admin_allow(&t, peer, &in);
		admin_allow(&t, peer, &out);
		assert_true(peer->allowed.n <= 3);
		admin_disallow(&t, peer, &in);
	}
	assert_int_equal(admin_count(&t), peer != NULL);
	tunnel_fini(&t);
out:
	mem_fail_after(-1);
}

static void test_any_allocation_of_setting_up_may_fail(void **state)
{
	(void)state;
	size_t used = vault_used();

	for (long fail = 0; fail < 40; fail++) {
		live(fail);
		assert_int_equal(vault_used(), used);
	}
}

/*
 * Both sides start handshakes while every allocation from the k-th on fails once;
 * afterwards they recover.
 */
static void test_any_allocation_of_a_handshake_may_fail_and_the_next_succeeds(void **state)
{
	(void)state;
	size_t used = vault_used();

	for (long fail = 0; fail < 16; fail++) {
		struct pair *p = pair_new(true);

		mem_fail_after(fail);
		side_send(p, &p->a, 84);
		pair_pump(p);
		pair_run(p, 4 * SECOND_NS);
		mem_fail_after(-1);
		side_send(p, &p->a, 85);
		side_send(p, &p->b, 86);
		pair_run(p, 12 * SECOND_NS);
		assert_non_null(p->a.peer->keyring.current);
		assert_non_null(p->b.peer->keyring.current);
		assert_true(p->b.dev.n >= 1 && p->a.dev.n >= 1);
		assert_true(p->a.t.index.n <= 3 && p->b.t.index.n <= 3);
		pair_free(p);
		assert_int_equal(vault_used(), used);
	}
}

static int set_up(void **state)
{
	(void)state;
	return forced_aead();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_private_key_is_stored_clamped_and_removed_by_zeroes),
		cmocka_unit_test(test_new_private_key_connects_at_once),
		cmocka_unit_test(test_secret_with_a_peer_is_made_at_first_use_and_once),
		cmocka_unit_test(test_sessions_of_the_old_key_receive_only),
		cmocka_unit_test(test_a_first_private_key_sends_what_waits),
		cmocka_unit_test(test_a_peer_with_our_own_key_vanishes_or_is_refused),
		cmocka_unit_test(
			test_psk_change_waits_for_the_next_handshake_and_leaves_sessions_alone),
		cmocka_unit_test(test_a_peer_can_go_with_everything_pending),
		cmocka_unit_test(test_a_peer_made_again_connects_again),
		cmocka_unit_test(test_prefixes_move_between_peers),
		cmocka_unit_test(test_other_sockets_ask_again_what_was_asked_from_the_old_ones),
		cmocka_unit_test(test_down_forgets_sessions_and_keeps_settings),
		cmocka_unit_test(
			test_configured_endpoint_forgets_the_source_and_learned_ones_can_be),
		cmocka_unit_test(test_any_allocation_of_setting_up_may_fail),
		cmocka_unit_test(test_any_allocation_of_a_handshake_may_fail_and_the_next_succeeds),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
