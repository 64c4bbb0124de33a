/* SPDX-License-Identifier: ISC */
#include "proto/handshake.h"

#include "base/bytes.h"
#include "forced.h"
#include "hex.h"
#include "pair.h"
#include "proto/wire.h"
#include "vectors.h"

/* From the first message to a confirmed session, and all that may come in between. */

static struct picture before, after;

static void assert_untouched(const struct side *s)
{
	side_picture(s, &after);
	assert_int_equal(before.len, after.len);
	assert_memory_equal(before.bytes, after.bytes, before.len);
}

/* Recompute mac1 of a message, as anyone can who knows the receiver's public key. */
static void remac(struct datagram *d, const struct side *to)
{
	struct cookie_maker maker = { 0 };

	cookie_keys_set(&maker.keys, &to->public_key);
	cookie_add_macs(&maker, d->data, d->len, 1);
}

/* A handshake message whose type was changed: no type at all, or the wrong length for it. */
static enum fate of_type(const struct datagram *d)
{
	uint32_t type = load_le32(d->data);

	return type >= MESSAGE_INITIATION && type <= MESSAGE_COOKIE ? FATE_RUNT : FATE_TYPE;
}

/* An initiation of a at this wall time, made without its tunnel. */
static struct datagram initiation(struct pair *p, uint64_t wall)
{
	struct rng rng = seed_chance(&p->a.seed);
	struct datagram d = { .len = sizeof(struct wire_initiation), .from = p->a.at };
	uint8_t last[TIMESTAMP_LEN] = { 0 }, timestamp[TIMESTAMP_LEN];
	struct noise_pending pending;

	noise_timestamp(timestamp, wall, last);
	assert_true(noise_write_initiation(&pending, (struct wire_initiation *)d.data, p->a.t.self,
					   p->a.peer->noise, 77, timestamp, &rng));
	remac(&d, &p->b);
	return d;
}

static void test_an_idle_initiator_confirms_with_one_keepalive(void **state)
{
	(void)state;
	struct pair *p = pair_new(true);
	struct datagram d;
	struct event e;

	admin_handshake(&p->a.t, p->a.peer, p->now);
	assert_true(tunnel_deadline(&p->a.t) <= p->now.mono);
	side_tick(p, &p->a);
	d = side_take(&p->a, MESSAGE_INITIATION);
	assert_int_equal(side_hear(p, &p->b, &d), FATE_CONSUMED);
	assert_null(p->b.peer->keyring.current);
	assert_int_equal(p->b.peer->handshake_at, 0); /* not confirmed, not complete */
	d = side_take(&p->b, MESSAGE_RESPONSE);
	assert_int_equal(side_hear(p, &p->a, &d), FATE_CONSUMED);
	assert_true(p->a.peer->handshake_wall == p->now.wall);
	assert_int_equal(p->a.out.n, 1);
	d = side_take(&p->a, MESSAGE_DATA);
	assert_int_equal(d.len, 32);
	pair_pass(p, MILLI_NS);
	assert_int_equal(side_hear(p, &p->b, &d), FATE_KEEPALIVE);
	assert_non_null(p->b.peer->keyring.current);
	assert_true(p->b.peer->handshake_wall == p->now.wall);
	assert_true(side_event(&p->a, EVENT_HANDSHAKE, &e));
	assert_true(side_event(&p->b, EVENT_HANDSHAKE, &e));
	assert_int_equal(p->b.out.n, 0); /* a keepalive is not answered */
	pair_free(p);
}

static void test_responder_never_sends_before_confirmation(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct datagram first, d;

	side_send(p, &p->a, 84);
	first = side_take(&p->a, MESSAGE_INITIATION);
	assert_int_equal(side_hear(p, &p->b, &first), FATE_CONSUMED);
	d = side_take(&p->b, MESSAGE_RESPONSE);
	for (int i = 0; i < 5; i++)
		assert_int_equal(side_send(p, &p->b, 100 + (size_t)i), FATE_STAGED);
	p->cut = true;
	pair_run(p, 4999 * MILLI_NS); /* too early for a session of its own */
	p->cut = false;
	assert_int_equal(p->b.n_log, 1);
	assert_int_equal(side_hear(p, &p->a, &d), FATE_CONSUMED);
	pair_pump(p);
	assert_int_equal(p->b.dev.n, 1);
	assert_int_equal(p->a.dev.n, 5); /* all that waited, in order */
	for (uint32_t i = 0; i < 5; i++)
		assert_int_equal(p->a.dev.d[i].len, 100 + i);
	pair_free(p);
}

static void test_a_response_is_taken_once(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct datagram d;

	side_send(p, &p->a, 84);
	d = side_take(&p->a, MESSAGE_INITIATION);
	side_hear(p, &p->b, &d);
	d = side_take(&p->b, MESSAGE_RESPONSE);
	assert_int_equal(side_hear(p, &p->a, &d), FATE_CONSUMED);
	pair_pump(p);
	side_forget(&p->a);
	d.from.remote.v4.sin_port ^= 1;
	side_picture(&p->a, &before);
	assert_int_equal(side_hear(p, &p->a, &d), FATE_NO_HANDSHAKE);
	store_le32(d.data + 8, 0x1234); /* and to what never was */
	remac(&d, &p->a);
	assert_int_equal(side_hear(p, &p->a, &d), FATE_NO_HANDSHAKE);
	assert_untouched(&p->a);
	assert_int_equal(p->a.n_log, 0);
	pair_free(p);
}

static void test_a_forged_response_leaves_the_handshake_waiting(void **state)
{
	(void)state;
	struct pair *p = pair_new(true);
	struct noise_pending pending;
	struct datagram genuine, d;

	side_send(p, &p->a, 84);
	d = side_take(&p->a, MESSAGE_INITIATION);
	side_hear(p, &p->b, &d);
	genuine = side_take(&p->b, MESSAGE_RESPONSE);
	pending = *p->a.peer->pending;
	side_picture(&p->a, &before);
	for (size_t bit = 0; bit < offsetof(struct wire_response, macs.mac2) * 8; bit++) {
		bool macs = bit / 8 >= offsetof(struct wire_response, macs);

		d = genuine;
		d.from.remote.v4.sin_port ^= 1;
		hex_flip(d.data, bit);
		assert_int_equal(side_hear(p, &p->a, &d), bit < 32 ? of_type(&d) : FATE_MAC);
		if (bit < 64 || macs)
			continue; /* the sender's index is known to mac1 alone */
		remac(&d, &p->a);
		assert_int_equal(side_hear(p, &p->a, &d), bit < 96 ? FATE_NO_HANDSHAKE : FATE_PSK);
		while (tunnel_event(&p->a.t, &(struct event){ 0 }))
			;
		assert_memory_equal(&pending, p->a.peer->pending, sizeof(pending));
	}
	assert_untouched(&p->a);
	assert_int_equal(side_hear(p, &p->a, &genuine), FATE_CONSUMED);
	assert_non_null(p->a.peer->keyring.current);
	pair_free(p);
}

static void test_an_initiation_with_any_bit_wrong_changes_nothing(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct datagram genuine, d;

	side_send(p, &p->a, 84);
	genuine = side_take(&p->a, MESSAGE_INITIATION);
	side_picture(&p->b, &before);
	for (size_t bit = 0; bit < offsetof(struct wire_initiation, macs.mac2) * 8; bit++) {
		d = genuine;
		hex_flip(d.data, bit);
		assert_int_equal(side_hear(p, &p->b, &d), bit < 32 ? of_type(&d) : FATE_MAC);
		if (bit < 64 || bit / 8 >= offsetof(struct wire_initiation, macs))
			continue;
		remac(&d, &p->b);
		assert_int_equal(side_hear(p, &p->b, &d), FATE_NOISE);
	}
	for (uint32_t len = 0; len < 148; len++) {
		d = genuine;
		d.len = len;
		assert_int_equal(side_hear(p, &p->b, &d), FATE_RUNT);
	}
	assert_untouched(&p->b);
	assert_int_equal(p->b.n_log, 0);
	hex_flip(genuine.data, 147 * 8); /* mac2 does not matter when there is no load */
	assert_int_equal(side_hear(p, &p->b, &genuine), FATE_CONSUMED);
	pair_free(p);
}

static void test_a_replayed_initiation_is_refused_for_ever(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct datagram d, first;
	struct event e;

	side_send(p, &p->a, 84);
	first = d = side_take(&p->a, MESSAGE_INITIATION);
	assert_int_equal(side_hear(p, &p->b, &d), FATE_CONSUMED);
	pair_pump(p);
	pair_run(p, 30 * SECOND_NS);
	side_forget(&p->b);
	d.from.remote.v4.sin_port ^= 1;
	while (tunnel_event(&p->b.t, &e))
		;
	side_picture(&p->b, &before);
	assert_int_equal(side_hear(p, &p->b, &d), FATE_TIMESTAMP);
	assert_false(side_event(&p->b, EVENT_TIMESTAMP, &e)); /* a copy is no news */
	assert_untouched(&p->b);
	assert_int_equal(p->b.n_log, 0);
	admin_down(&p->b.t); /* what was accepted last survives that */
	admin_up(&p->b.t, p->now);
	assert_int_equal(side_hear(p, &p->b, &d), FATE_TIMESTAMP);
	assert_int_equal(side_hear(p, &p->b, &first), FATE_TIMESTAMP);
	d = initiation(p, p->now.wall);
	assert_int_equal(side_hear(p, &p->b, &d), FATE_CONSUMED);
	pair_free(p);
}

/* All that a stranger could want from a replay: where the peer is, and that it is there. */
static void assert_unmoved(const struct side *s, const struct peer *was)
{
	assert_memory_equal(&s->peer->endpoint, &was->endpoint, sizeof(was->endpoint));
	assert_memory_equal(&s->peer->reach, &was->reach, sizeof(was->reach));
	assert_true(s->peer->heard_at == was->heard_at);
	for (int i = TIMER_KEEPALIVE; i < TIMER_COUNT; i++)
		assert_true(i == TIMER_FORGET || s->peer->timers.at[i] == was->timers.at[i]);
}

/* After a restart nothing is known of what was heard before: the peer's oldest initiation counts. */
static void test_an_initiation_is_answered_but_moves_nothing(void **state)
{
	(void)state;
	struct pair *p = pair_new(true);
	struct datagram d = initiation(p, p->now.wall - 3600 * SECOND_NS), answer;
	struct peer was = *p->b.peer;

	assert_true(endpoint_parse(&d.from, "198.51.100.9:999", 16));
	assert_int_equal(side_hear(p, &p->b, &d), FATE_CONSUMED);
	answer = side_take(&p->b, MESSAGE_RESPONSE);
	assert_true(endpoint_same_remote(&answer.to, &d.from));
	assert_unmoved(&p->b, &was);
	assert_false(side_event(&p->b, EVENT_ENDPOINT, NULL));
	/* What is sent to the peer still goes to the endpoint that was configured. */
	pair_pass(p, REKEY_TIMEOUT_NS);
	assert_int_equal(side_send(p, &p->b, 84), FATE_STAGED);
	d = side_take(&p->b, MESSAGE_INITIATION);
	assert_true(endpoint_equal(&d.to, &p->a.at));
	pair_free(p);
}

/* The same while a session works that we began: the peer has sent us no newer initiation. */
static void test_a_replay_leaves_a_working_session_where_it_is(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct datagram d = initiation(p, p->now.wall - 3600 * SECOND_NS);
	struct peer was;

	side_send(p, &p->b, 84);
	pair_pump(p);
	admin_keepalive(&p->b.t, p->b.peer, 25, p->now);
	side_tick(p, &p->b);
	side_forget(&p->b);
	pair_pass(p, 20 * SECOND_NS);
	assert_int_equal(side_send(p, &p->b, 84), FATE_NET);
	was = *p->b.peer;
	assert_true(was.timers.at[TIMER_NEW_HANDSHAKE] > 0 && was.timers.at[TIMER_PERSISTENT] > 0);
	side_forget(&p->b);
	pair_pass(p, SECOND_NS);
	assert_true(endpoint_parse(&d.from, "198.51.100.9:999", 16));
	assert_int_equal(side_hear(p, &p->b, &d), FATE_CONSUMED);
	assert_unmoved(&p->b, &was);
	side_forget(&p->b);
	assert_int_equal(side_send(p, &p->b, 84), FATE_NET);
	assert_true(endpoint_equal(&p->b.out.d[0].to, &p->a.at));
	pair_free(p);
}

/* One packet of the session that it began, from there; with any bit wrong it moves nothing. */
static void test_the_first_packet_of_the_session_moves_the_endpoint(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct datagram genuine, d;
	struct endpoint there;
	struct peer was;

	assert_true(endpoint_parse(&there, "198.51.100.9:999", 16));
	admin_handshake(&p->a.t, p->a.peer, p->now);
	side_tick(p, &p->a);
	d = side_take(&p->a, MESSAGE_INITIATION);
	d.from = there;
	assert_int_equal(side_hear(p, &p->b, &d), FATE_CONSUMED);
	d = side_take(&p->b, MESSAGE_RESPONSE);
	assert_int_equal(side_hear(p, &p->a, &d), FATE_CONSUMED);
	genuine = side_take(&p->a, MESSAGE_DATA);
	genuine.from = there;
	was = *p->b.peer;
	for (size_t bit = 0; bit < genuine.len * 8; bit++) {
		d = genuine;
		hex_flip(d.data, bit);
		assert_true(side_hear(p, &p->b, &d) >= FATE_DROPPED);
		assert_unmoved(&p->b, &was);
	}
	assert_int_equal(side_hear(p, &p->b, &genuine), FATE_KEEPALIVE);
	assert_true(endpoint_equal(&p->b.peer->endpoint, &there));
	assert_true(p->b.peer->heard_at == p->now.mono);
	assert_true(side_event(&p->b, EVENT_ENDPOINT, NULL));
	pair_free(p);
}

/* A peer without an endpoint calls, and is answered. */
static struct pair *called(void)
{
	struct pair *p = pair_new(false);
	struct datagram d;

	p->b.peer->endpoint = (struct endpoint){ 0 };
	p->b.peer->reach = (struct reach){ 0 };
	assert_int_equal(side_send(p, &p->b, 84), FATE_NO_ENDPOINT);
	side_send(p, &p->a, 84);
	d = side_take(&p->a, MESSAGE_INITIATION);
	assert_int_equal(side_hear(p, &p->b, &d), FATE_CONSUMED);
	assert_false(endpoint_known(&p->b.peer->endpoint));
	return p;
}

/* It gets its endpoint when it has proved that it is there, and then what has waited for that. */
static void test_a_peer_that_calls_gets_its_endpoint_with_its_first_packet(void **state)
{
	(void)state;
	struct pair *p = called();
	struct datagram d = side_take(&p->b, MESSAGE_RESPONSE);

	for (size_t i = 0; i < 3; i++)
		assert_int_equal(side_send(p, &p->b, 84 + i), FATE_STAGED);
	assert_int_equal(p->b.out.n, 0);
	assert_true(endpoint_same_remote(&d.to, &p->a.at));
	assert_int_equal(side_hear(p, &p->a, &d), FATE_CONSUMED);
	d = side_take(&p->a, MESSAGE_DATA);
	assert_int_equal(side_hear(p, &p->b, &d), FATE_DEV);
	assert_true(endpoint_same_remote(&p->b.peer->endpoint, &p->a.at));
	assert_int_equal(side_send(p, &p->b, 87), FATE_NET);
	assert_int_equal(p->b.out.n, 4);
	for (uint32_t i = 0; i < 4; i++) {
		d = side_take(&p->b, MESSAGE_DATA);
		assert_true(endpoint_same_remote(&d.to, &p->a.at));
		assert_int_equal(side_hear(p, &p->a, &d), FATE_DEV);
		assert_int_equal(p->a.dev.d[i].len, 84 + i);
	}
	pair_free(p);
}

/* It may have been a replay: nothing waits longer, nor for the next real call. */
static void test_a_peer_that_only_called_is_not_waited_for(void **state)
{
	(void)state;
	struct pair *p = called();

	p->cut = true;
	assert_int_equal(side_send(p, &p->b, 84), FATE_STAGED);
	pair_pass(p, REKEY_TIMEOUT_NS - 1);
	assert_int_equal(side_send(p, &p->b, 84), FATE_STAGED);
	pair_pass(p, 1);
	assert_int_equal(side_send(p, &p->b, 84), FATE_NO_ENDPOINT);
	side_forget(&p->b);
	for (uint64_t s = 0; s < FORGET_NS; s += SECOND_NS) {
		pair_pass(p, SECOND_NS);
		side_tick(p, &p->b);
	}
	assert_int_equal(p->b.out.n, 0);
	assert_int_equal(p->b.peer->staged.n, 0);
	assert_int_equal(p->b.peer->count[FATE_STAGE_PURGED], 2);
	pair_free(p);
}

/* A stranger with a store of initiations sends one at the worst moment, again and again. */
static void test_a_series_of_replays_does_not_keep_us_from_a_session(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct datagram old[12], d;
	uint64_t start = p->now.mono;

	for (size_t i = 0; i < LEN(old); i++)
		old[i] = initiation(p, p->now.wall - (3600 - 120 * i) * SECOND_NS);
	for (size_t i = 0; i < 2; i++) { /* just before the gate would open */
		assert_int_equal(side_hear(p, &p->b, &old[i]), FATE_CONSUMED);
		assert_int_equal(side_send(p, &p->b, 84), FATE_STAGED);
		pair_pass(p, REKEY_TIMEOUT_NS - 100 * MILLI_NS);
	}
	side_forget(&p->b);
	p->b.out.n = 0;
	side_tick(p, &p->b);
	d = side_take(&p->b, MESSAGE_INITIATION);
	assert_true(p->now.mono - start < 2 * REKEY_TIMEOUT_NS);
	/* And while we wait for the answer. */
	for (size_t i = 2; i < LEN(old); i++) {
		pair_pass(p, 21 * MILLI_NS);
		assert_int_equal(side_hear(p, &p->b, &old[i]), FATE_CONSUMED);
	}
	p->b.out.n = 0;
	assert_int_equal(side_hear(p, &p->a, &d), FATE_CONSUMED);
	d = side_take(&p->a, MESSAGE_RESPONSE);
	assert_int_equal(side_hear(p, &p->b, &d), FATE_CONSUMED);
	pair_pump(p);
	assert_int_equal(p->a.dev.n, 2);
	pair_free(p);
}

/* Both begin at once, and both retry at once: either session carries packets both ways. */
static void test_handshakes_that_cross_twice_both_work(void **state)
{
	(void)state;
	struct pair *p = pair_new(true);
	struct datagram of_a, of_b;

	side_send(p, &p->a, 84);
	side_send(p, &p->b, 84);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(p->a.dev.n + p->b.dev.n, 0);
		of_a = side_take(&p->a, MESSAGE_INITIATION);
		of_b = side_take(&p->b, MESSAGE_INITIATION);
		assert_int_equal(side_hear(p, &p->b, &of_a), FATE_CONSUMED);
		assert_int_equal(side_hear(p, &p->a, &of_b), FATE_CONSUMED);
		pair_pump(p);
		pair_pass(p, REKEY_TIMEOUT_NS + JITTER_MS * MILLI_NS);
		side_tick(p, &p->a);
		side_tick(p, &p->b);
	}
	for (uint32_t i = 1; i < 4; i++) {
		assert_int_equal(p->a.dev.n, i);
		assert_int_equal(p->b.dev.n, i);
		assert_int_equal(side_send(p, &p->a, 84), FATE_NET);
		assert_int_equal(side_send(p, &p->b, 84), FATE_NET);
		pair_pump(p);
	}
	assert_false(p->a.peer->pending->waiting);
	assert_false(p->b.peer->pending->waiting);
	pair_free(p);
}

/* b answers an initiation from elsewhere, and the network takes the answer, or does not: err. */
static void answer_to_elsewhere(struct pair *p, int err)
{
	struct datagram d = initiation(p, p->now.wall);
	struct batch *b = &p->b.batch;
	struct endpoint *from;
	struct pkt *response;

	batch_reset(b);
	memcpy(batch_carve(b, d.len), d.data, d.len);
	from = batch_end(b);
	assert_true(endpoint_parse(from, "198.51.100.9:999", 16));
	batch_point(b, b->mem, d.len)->end = from;
	tunnel_open(&p->b.t, b, p->now);
	assert_int_equal(b->n, 2);
	response = &b->pkt[1];
	assert_int_equal(response->fate, FATE_NET);
	response->flags = PKT_SOURCE_STALE;
	if (err) {
		response->fate = FATE_SEND;
		response->err = err;
	}
	tunnel_settle(&p->b.t, b, p->now);
	pair_pass(p, SECOND_NS);
}

/* That it cannot be sent says nothing about the peer's endpoint, nor does that it could. */
static void test_an_answer_to_elsewhere_is_no_news_about_the_endpoint(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);

	p->b.peer->endpoint.local.family = AF_INET;
	p->b.peer->reach.stuck = 1;
	for (int sent = 0; sent < 2; sent++) {
		answer_to_elsewhere(p, sent ? 0 : ENETUNREACH);
		assert_int_equal(p->b.peer->send_error, 0);
		assert_int_equal(p->b.peer->faults.send[0].count, 0);
		assert_int_equal(p->b.peer->reach.stuck, 1);
		assert_int_equal(p->b.peer->endpoint.local.family, AF_INET);
	}
	assert_int_equal(p->b.peer->count[FATE_SEND], 1);
	assert_int_equal(p->b.peer->tx_bytes, sizeof(struct wire_response));
	/* But of a peer without an endpoint, it is all that is known. */
	p->b.peer->endpoint = (struct endpoint){ 0 };
	answer_to_elsewhere(p, ENETUNREACH);
	assert_int_equal(p->b.peer->send_error, ENETUNREACH);
	assert_int_equal(p->b.peer->faults.send[0].count, 1);
	answer_to_elsewhere(p, 0);
	assert_int_equal(p->b.peer->send_error, 0);
	pair_free(p);
}

static void test_old_initiations_are_news_once(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	const uint64_t wall = p->now.wall + 100 * SECOND_NS;
	struct datagram latest = initiation(p, wall), old[3];
	struct event e;

	for (size_t i = 0; i < LEN(old); i++)
		old[i] = initiation(p, wall - (9 - i) * SECOND_NS);
	assert_int_equal(side_hear(p, &p->b, &latest), FATE_CONSUMED);
	for (unsigned i = 0; i < 3; i++) { /* three old ones, each of them thrice */
		for (size_t k = 0; k < LEN(old); k++) {
			assert_int_equal(side_hear(p, &p->b, &old[k]), FATE_TIMESTAMP);
			assert_int_equal(side_event(&p->b, EVENT_TIMESTAMP, &e), i + k == 0);
		}
	}
	assert_int_equal(p->b.peer->faults.timestamps, 3);
	assert_int_equal(p->b.peer->count[FATE_TIMESTAMP], 9);
	pair_free(p);
}

static void test_initiations_less_than_20_ms_apart_are_a_flood(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	uint64_t wall = p->now.wall + 100 * SECOND_NS;
	struct datagram d = initiation(p, wall);

	assert_int_equal(side_hear(p, &p->b, &d), FATE_CONSUMED);
	pair_pass(p, 20 * MILLI_NS - 1);
	d = initiation(p, wall + SECOND_NS);
	assert_int_equal(side_hear(p, &p->b, &d), FATE_FLOOD);
	pair_pass(p, 1);
	assert_int_equal(side_hear(p, &p->b, &d), FATE_CONSUMED);
	d = initiation(p, wall + SECOND_NS); /* the same stamp in another message */
	pair_pass(p, SECOND_NS);
	assert_int_equal(side_hear(p, &p->b, &d), FATE_TIMESTAMP);
	assert_int_equal(p->b.peer->count[FATE_FLOOD], 1);
	assert_int_equal(p->b.peer->count[FATE_TIMESTAMP], 1);
	assert_int_equal(p->b.t.index.n, 1); /* each `next` replaced the one before */
	pair_free(p);
}

static void test_strangers_and_missing_keys_are_told_apart(void **state)
{
	(void)state;
	static const struct key none = { { 0 } };
	struct pair *p = pair_new(false);
	struct datagram d = initiation(p, p->now.wall), wrong = d, none_of_ours;
	struct event e;

	admin_remove(&p->b.t, p->b.peer);
	side_picture(&p->b, &before);
	assert_int_equal(side_hear(p, &p->b, &d), FATE_UNKNOWN_PEER);
	assert_true(side_event(&p->b, EVENT_UNKNOWN_PEER, &e));
	assert_true(key_equal(&e.key, &p->a.public_key));
	assert_true(endpoint_equal(&e.end, &p->a.at));
	assert_null(e.peer);
	assert_untouched(&p->b);
	assert_int_equal(p->b.n_log, 0);
	admin_private_key(&p->b.t, &none, p->now);
	assert_int_equal(side_hear(p, &p->b, &d), FATE_NO_KEY);
	wrong.len = 147;
	assert_int_equal(side_hear(p, &p->b, &wrong), FATE_RUNT);
	none_of_ours = d;
	none_of_ours.len = sizeof(struct wire_cookie);
	store_le32(none_of_ours.data, MESSAGE_COOKIE);
	assert_int_equal(side_hear(p, &p->b, &none_of_ours), FATE_NO_KEY);
	pair_free(p);
}

static void test_different_psks_never_connect_and_say_so(void **state)
{
	(void)state;
	static const struct key other = { { 66 } };
	struct pair *p = pair_new(true);
	struct event e;

	admin_psk(p->b.peer, &other);
	side_send(p, &p->a, 84);
	pair_pump(p);
	assert_null(p->a.peer->keyring.current);
	assert_null(p->b.peer->keyring.current);
	assert_int_equal(p->a.peer->count[FATE_PSK], 1);
	assert_true(side_event(&p->a, EVENT_PSK, &e));
	assert_ptr_equal(e.peer, p->a.peer);
	assert_int_equal(p->a.peer->rx_bytes, 0);
	pair_run(p, 60 * SECOND_NS);
	assert_int_equal(p->b.dev.n, 0);
	assert_int_equal(p->a.peer->handshakes + p->b.peer->handshakes, 0);
	assert_true(p->a.peer->count[FATE_PSK] > 5);
	assert_false(side_event(&p->a, EVENT_PSK, &e)); /* once is enough */
	pair_free(p);
}

static void test_low_order_peers_never_get_a_datagram(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	uint8_t packet[84];

	admin_remove(&p->a.t, p->a.peer);
	for (size_t i = 0; i < LEN(low_order_vectors); i++) {
		struct prefix prefix = { .ip = { .family = AF_INET, .bytes = { 10, 5, 5, 0 } },
					 .bits = 32 };
		struct peer *peer;
		struct key key;

		prefix.ip.bytes[3] = (uint8_t)i;
		hex_read(key.bytes, KEY_LEN, low_order_vectors[i].hex);
		assert_int_equal(admin_add(&p->a.t, &key, &peer),
				 0); /* accepted, as by the kernel */
		assert_int_equal(admin_allow(&p->a.t, peer, &prefix), 0);
		admin_endpoint(&p->a.t, peer, &p->b.at);
		admin_keepalive(&p->a.t, peer, 1, p->now);
		side_packet(packet, p->a.inner, prefix.ip.bytes, sizeof(packet));
		assert_int_equal(side_write(p, &p->a, packet, sizeof(packet)), FATE_STAGED);
	}
	pair_run(p, 100 * SECOND_NS);
	assert_int_equal(p->a.n_log, 0);
	assert_int_equal(p->a.t.index.n, 0);
	pair_free(p);
}

static void test_an_index_leads_to_its_kind_only(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct datagram d = { .len = 32, .from = p->b.at };

	side_send(p, &p->a, 84);
	store_le32(d.data, MESSAGE_DATA); /* data to a handshake */
	store_le32(d.data + 4, p->a.peer->pending->index);
	assert_int_equal(side_hear(p, &p->a, &d), FATE_NO_SESSION);
	pair_pump(p);
	d.len = 92; /* response to a session */
	store_le32(d.data, MESSAGE_RESPONSE);
	store_le32(d.data + 8, p->a.peer->keyring.current->local);
	remac(&d, &p->a);
	assert_int_equal(side_hear(p, &p->a, &d), FATE_NO_HANDSHAKE);
	assert_int_equal(p->a.t.index.n, 1);
	assert_int_equal(p->b.t.index.n, 1);
	pair_free(p);
}

static void test_crossing_initiations_are_settled_by_the_jitter(void **state)
{
	(void)state;
	for (int order = 0; order < 2; order++) {
		struct pair *p = pair_new(true);
		struct datagram from_a, from_b;

		side_send(p, &p->a, 84);
		side_send(p, &p->b, 85);
		from_a = side_take(&p->a, MESSAGE_INITIATION);
		from_b = side_take(&p->b, MESSAGE_INITIATION);
		assert_int_equal(side_hear(p, order ? &p->a : &p->b, order ? &from_b : &from_a),
				 FATE_CONSUMED);
		assert_int_equal(side_hear(p, order ? &p->b : &p->a, order ? &from_a : &from_b),
				 FATE_CONSUMED);
		assert_false(p->a.peer->pending->waiting);
		assert_false(p->b.peer->pending->waiting);
		pair_run(p, 11 * SECOND_NS);
		assert_int_equal(p->a.dev.n, 1);
		assert_int_equal(p->b.dev.n, 1);
		assert_true(p->a.peer->keyring.current->initiator !=
			    p->b.peer->keyring.current->initiator);
		assert_true(p->a.t.index.n <= 3 && p->b.t.index.n <= 3);
		pair_free(p);
	}
}

static void test_crossing_initiations_with_a_session_are_settled_by_the_jitter(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct datagram from_a, from_b;
	struct session *old;

	pair_connect(p);
	pair_run(p, 30 * SECOND_NS);
	old = p->a.peer->keyring.current;
	admin_handshake(&p->a.t, p->a.peer, p->now);
	admin_handshake(&p->b.t, p->b.peer, p->now);
	side_forget(&p->a);
	side_forget(&p->b);
	side_tick(p, &p->a);
	side_tick(p, &p->b);
	from_a = side_take(&p->a, MESSAGE_INITIATION);
	from_b = side_take(&p->b, MESSAGE_INITIATION);
	assert_int_equal(side_hear(p, &p->b, &from_a), FATE_CONSUMED);
	assert_int_equal(side_hear(p, &p->a, &from_b), FATE_CONSUMED);
	pair_pump(p); /* both responses come to handshakes that are no more */
	assert_ptr_equal(p->a.peer->keyring.current, old);
	side_send(p, &p->a, 84); /* what there is carries on */
	side_send(p, &p->b, 84);
	pair_pump(p);
	assert_int_equal(p->a.dev.n, 1);
	assert_int_equal(p->b.dev.n, 1);
	pair_run(p, 11 * SECOND_NS);
	assert_ptr_not_equal(p->a.peer->keyring.current, old);
	assert_true(p->a.peer->keyring.current->initiator != p->b.peer->keyring.current->initiator);
	pair_free(p);
}

static int set_up(void **state)
{
	(void)state;
	return forced_aead();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_idle_initiator_confirms_with_one_keepalive),
		cmocka_unit_test(test_responder_never_sends_before_confirmation),
		cmocka_unit_test(test_a_response_is_taken_once),
		cmocka_unit_test(test_a_forged_response_leaves_the_handshake_waiting),
		cmocka_unit_test(test_an_initiation_with_any_bit_wrong_changes_nothing),
		cmocka_unit_test(test_a_replayed_initiation_is_refused_for_ever),
		cmocka_unit_test(test_an_initiation_is_answered_but_moves_nothing),
		cmocka_unit_test(test_a_replay_leaves_a_working_session_where_it_is),
		cmocka_unit_test(test_the_first_packet_of_the_session_moves_the_endpoint),
		cmocka_unit_test(test_a_peer_that_calls_gets_its_endpoint_with_its_first_packet),
		cmocka_unit_test(test_a_peer_that_only_called_is_not_waited_for),
		cmocka_unit_test(test_a_series_of_replays_does_not_keep_us_from_a_session),
		cmocka_unit_test(test_handshakes_that_cross_twice_both_work),
		cmocka_unit_test(test_an_answer_to_elsewhere_is_no_news_about_the_endpoint),
		cmocka_unit_test(test_old_initiations_are_news_once),
		cmocka_unit_test(test_initiations_less_than_20_ms_apart_are_a_flood),
		cmocka_unit_test(test_strangers_and_missing_keys_are_told_apart),
		cmocka_unit_test(test_different_psks_never_connect_and_say_so),
		cmocka_unit_test(test_low_order_peers_never_get_a_datagram),
		cmocka_unit_test(test_an_index_leads_to_its_kind_only),
		cmocka_unit_test(test_crossing_initiations_are_settled_by_the_jitter),
		cmocka_unit_test(
			test_crossing_initiations_with_a_session_are_settled_by_the_jitter),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
