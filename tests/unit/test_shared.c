/* SPDX-License-Identifier: ISC */
#include "proto/handshake.h"

#include "base/bytes.h"
#include "forced.h"
#include "hex.h"
#include "pair.h"
#include "proto/send.h"
#include "proto/wire.h"

/*
 * What all peers, and strangers, share in the core is bounded. Here somebody fills each of it;
 * the others must not notice. docs/ARCHITECTURE.md lists them.
 */

/* The address 10.A.B.C of a number that is less than 2^24. */
static struct endpoint place(uint32_t number, uint16_t port)
{
	struct endpoint e = { .remote.v4 = { .sin_family = AF_INET } };

	store_be32(&e.remote.v4.sin_addr, 0x0a000000 + number);
	e.remote.v4.sin_port = htons(port);
	return e;
}

/* An initiation to b, of which only mac1, and mac2 if there is a cookie, is right. */
static struct datagram call_from(struct pair *p, const struct endpoint *from,
				 struct cookie_maker *maker)
{
	struct datagram d = { .len = sizeof(struct wire_initiation), .from = *from };

	seed_fill(&p->a.seed, d.data, d.len);
	store_le32(d.data, MESSAGE_INITIATION);
	cookie_keys_set(&maker->keys, &p->b.public_key);
	cookie_add_macs(maker, d.data, d.len, p->now.mono);
	return d;
}

static enum fate hear_from(struct pair *p, const struct endpoint *from)
{
	struct cookie_maker maker = { 0 };
	struct datagram d = call_from(p, from, &maker);
	enum fate fate = side_hear(p, &p->b, &d);

	side_forget(&p->b);
	return fate;
}

/* As if as many messages as mean load were waiting. */
static void load(struct pair *p)
{
	p->b.t.under_load_until = p->now.mono + UNDER_LOAD_NS;
}

/* --- events --- */

static unsigned count_events(struct side *s, enum event_kind kind, const struct peer *peer)
{
	struct event e;
	unsigned n = 0;

	while (tunnel_event(&s->t, &e))
		n += e.kind == kind && e.peer == peer;
	return n;
}

static void test_a_peer_that_flips_its_port_hides_no_news_of_others(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct key key = { { 3 } };
	struct datagram d;
	struct peer *other;
	struct event e;

	assert_int_equal(admin_add(&p->b.t, &key, &other), 0);
	pair_connect(p);
	for (uint64_t i = 0; i < 300; i++) {
		d = side_forge(&p->a, 1 + i, NULL, 0);
		d.from.remote.v4.sin_port ^= (uint16_t)(i + 1);
		assert_int_equal(side_hear(p, &p->b, &d), FATE_KEEPALIVE);
	}
	core_note(&p->b.t,
		  (struct event){ .kind = EVENT_RETRY, .peer = other, .n = 2, .end = p->a.at });
	assert_int_equal(p->b.t.event_count, 2);
	assert_true(tunnel_event(&p->b.t, &e));
	assert_int_equal(e.kind, EVENT_ENDPOINT);
	assert_ptr_equal(e.peer, p->b.peer);
	assert_true(tunnel_event(&p->b.t, &e));
	assert_int_equal(e.kind, EVENT_RETRY);
	assert_ptr_equal(e.peer, other);
	assert_int_equal(e.n, 2);
	assert_true(endpoint_same_remote(&e.end, &p->a.at));
	assert_false(tunnel_event(&p->b.t, &e));
	pair_free(p);
}

static void test_news_of_a_thousand_peers_wait_together(void **state)
{
	(void)state;
	enum { PEERS = 1000 };
	struct pair *p = pair_new(false);
	struct peer *peer[PEERS];
	struct event e;

	for (uint32_t i = 0; i < PEERS; i++) {
		struct key key = { { 4, (uint8_t)i, (uint8_t)(i >> 8) } };

		assert_int_equal(admin_add(&p->b.t, &key, &peer[i]), 0);
		for (enum event_kind kind = EVENT_RETRY; kind <= EVENT_HANDSHAKE; kind++)
			core_note(&p->b.t, (struct event){ .kind = kind, .peer = peer[i] });
	}
	/* One goes, from the ends and from the middle. */
	admin_remove(&p->b.t, peer[0]);
	admin_remove(&p->b.t, peer[500]);
	admin_remove(&p->b.t, peer[PEERS - 1]);
	core_note(&p->b.t, (struct event){ .kind = EVENT_GAVE_UP, .peer = p->b.peer });
	for (uint32_t i = 1; i < PEERS - 1; i++) {
		for (int kind = EVENT_RETRY; i != 500 && kind <= EVENT_HANDSHAKE; kind++) {
			assert_true(tunnel_event(&p->b.t, &e));
			assert_ptr_equal(e.peer, peer[i]);
			assert_int_equal(e.kind, kind);
		}
	}
	assert_int_equal(p->b.t.event_count, 1);
	assert_true(tunnel_event(&p->b.t, &e));
	assert_ptr_equal(e.peer, p->b.peer);
	assert_false(tunnel_event(&p->b.t, &e));
	pair_free(p);
}

static void test_strangers_hide_only_strangers(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);

	for (uint32_t i = 0; i < 100; i++)
		core_note(&p->b.t, (struct event){ .kind = EVENT_UNKNOWN_PEER, .n = i });
	core_note(&p->b.t, (struct event){ .kind = EVENT_PSK, .peer = p->b.peer });
	assert_int_equal(p->b.t.event_count, EVENTS_OF_STRANGERS + 1);
	assert_int_equal(count_events(&p->b, EVENT_PSK, p->b.peer), 1);
	core_note(&p->b.t, (struct event){ .kind = EVENT_UNKNOWN_PEER });
	assert_int_equal(count_events(&p->b, EVENT_UNKNOWN_PEER, NULL), 1);
	pair_free(p);
}

/* --- cookies --- */

static void test_a_flood_from_one_network_leaves_cookies_to_the_others(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct endpoint from;
	uint32_t n = 0;

	load(p);
	do { /* any address of it */
		from = place(n % 256, (uint16_t)(1 + n));
	} while (hear_from(p, &from) == FATE_COOKIE_SENT && ++n);
	assert_int_equal(n, COOKIES_PREFIX);
	from = place(255, 60000);
	assert_int_equal(hear_from(p, &from), FATE_RATE);
	from = place(256, 1); /* next door */
	assert_int_equal(hear_from(p, &from), FATE_COOKIE_SENT);
	pair_pass(p, SECOND_NS / COOKIES_PREFIX);
	from = place(0, 1);
	assert_int_equal(hear_from(p, &from), FATE_COOKIE_SENT);
	assert_int_equal(hear_from(p, &from), FATE_RATE);
	pair_free(p);
}

/* A call whose mac2 is right. */
static struct datagram proved_call(struct pair *p, const struct endpoint *from)
{
	struct cookie_maker maker = { 0 };
	struct datagram d = call_from(p, from, &maker);

	assert_int_equal(side_hear(p, &p->b, &d), FATE_COOKIE_SENT);
	d = side_take(&p->b, MESSAGE_COOKIE);
	assert_true(cookie_take(&maker, (const struct wire_cookie *)d.data, p->now.mono));
	return call_from(p, from, &maker);
}

/* To verify it would be work for each message; from where a peer is, it is done nevertheless. */
static void test_in_a_flooded_network_no_mac2_is_verified_but_of_peers(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct endpoint here = place(5, 1), next_door = place(256, 1), flooder = place(6, 1);
	struct datagram d, other;

	load(p);
	d = proved_call(p, &here);
	other = proved_call(p, &next_door);
	while (hear_from(p, &flooder) == FATE_COOKIE_SENT)
		;
	assert_int_equal(side_hear(p, &p->b, &d), FATE_RATE);
	assert_int_equal(side_hear(p, &p->b, &other), FATE_NOISE); /* that is, looked at */
	admin_endpoint(&p->b.t, p->b.peer, &here);
	assert_int_equal(side_hear(p, &p->b, &d), FATE_NOISE);
	pair_free(p);
}

/* From everywhere, each message with some mac2. */
static void test_all_looks_at_mac2_are_bounded_but_of_peers(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct endpoint here = place(5, 1), elsewhere = place(0x80000, 1);
	struct datagram d, other;

	load(p);
	d = proved_call(p, &here);
	other = proved_call(p, &elsewhere);
	for (uint32_t i = 0; i < PROOFS_BURST; i++) {
		struct endpoint from = place(256 * (i + 1), 1);
		struct cookie_maker maker = { .valid = true, .born = p->now.mono };
		struct datagram wrong = call_from(p, &from, &maker);

		assert_int_not_equal(side_hear(p, &p->b, &wrong), FATE_NOISE);
		side_forget(&p->b);
	}
	admin_endpoint(&p->b.t, p->b.peer, &here);
	assert_int_equal(side_hear(p, &p->b, &other), FATE_RATE);
	assert_int_equal(side_hear(p, &p->b, &d), FATE_NOISE);
	pair_pass(p, SECOND_NS / PROOFS);
	assert_int_equal(side_hear(p, &p->b, &other), FATE_NOISE);
	pair_free(p);
}

static void test_ipv6_counts_by_48(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct endpoint from = { .remote.v6 = { .sin6_family = AF_INET6, .sin6_port = 1 } };
	uint8_t *ip = from.remote.v6.sin6_addr.s6_addr;
	uint32_t n = 0;

	load(p);
	memcpy(ip, (uint8_t[]){ 0x20, 1, 0xd, 0xb8, 0, 1 }, 6);
	do {
		store_be32(ip + 6, n * 77777);
		store_be32(ip + 12, n);
	} while (hear_from(p, &from) == FATE_COOKIE_SENT && ++n);
	assert_int_equal(n, COOKIES_PREFIX);
	ip[5] = 2;
	assert_int_equal(hear_from(p, &from), FATE_COOKIE_SENT);
	pair_free(p);
}

/* Spoofed: every message from another network. Returns how many were answered. */
static uint32_t flood_from_everywhere(struct pair *p)
{
	struct endpoint from;
	uint32_t n = 0;

	do {
		from = place(256 * (n + 1), 1);
	} while (hear_from(p, &from) == FATE_COOKIE_SENT && ++n);
	return n;
}

static void test_a_flood_from_everywhere_leaves_the_peers_their_share(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct endpoint at = p->a.at;

	load(p);
	assert_int_equal(flood_from_everywhere(p), COOKIES_BURST);
	for (int i = 0; i < COOKIES_PEER_BURST; i++)
		assert_int_equal(hear_from(p, &at), FATE_COOKIE_SENT);
	assert_int_equal(hear_from(p, &at), FATE_RATE);
	pair_pass(p, SECOND_NS / COOKIES_PEER - 1);
	flood_from_everywhere(p);
	assert_int_equal(hear_from(p, &at), FATE_RATE);
	pair_pass(p, 1);
	flood_from_everywhere(p);
	assert_int_equal(hear_from(p, &at), FATE_COOKIE_SENT);
	/* Its share is for this place only: one bit of address or port, and it is a stranger. */
	pair_pass(p, 500 * MILLI_NS);
	flood_from_everywhere(p);
	for (size_t bit = 0; bit < 48; bit++) {
		at = p->a.at;
		if (bit < 32)
			hex_flip(&at.remote.v4.sin_addr, bit);
		else
			hex_flip(&at.remote.v4.sin_port, bit - 32);
		assert_int_equal(hear_from(p, &at),
				 endpoint_answerable(&at) ? FATE_RATE : FATE_SENDER);
	}
	assert_int_equal(hear_from(p, &p->a.at), FATE_COOKIE_SENT);
	pair_free(p);
}

/* They move, and the share moves with them. */
static void test_the_share_is_where_the_peer_is(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct endpoint there = place(77, 7);

	load(p);
	admin_endpoint(&p->b.t, p->b.peer, &there);
	flood_from_everywhere(p);
	assert_int_equal(hear_from(p, &p->a.at), FATE_RATE);
	assert_int_equal(hear_from(p, &there), FATE_COOKIE_SENT);
	admin_remove(&p->b.t, p->b.peer);
	flood_from_everywhere(p);
	assert_int_equal(hear_from(p, &there), FATE_RATE);
	p->b.peer = NULL;
	pair_free(p);
}

/* Ten times as many invented callers as there are cookies: each time it has one chance in ten. */
static void test_a_new_caller_gets_a_cookie_in_the_end(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct endpoint from, fresh = { .remote.v4 = { .sin_family = AF_INET, .sin_port = 1 } };
	unsigned tries = 0, got = 0;

	store_be32(&fresh.remote.v4.sin_addr, 0xc0000201);
	load(p);
	flood_from_everywhere(p);
	while (got < 3 && ++tries < 300) {
		for (uint32_t i = 0; i < 100; i++) {
			from = place(256 * (1 + seed_below(&p->a.seed, 60000)), 1);
			load(p);
			hear_from(p, &from);
			pair_pass(p, seed_below(&p->a.seed, 2 * SECOND_NS / COOKIES / 10));
		}
		got += hear_from(p, &fresh) == FATE_COOKIE_SENT;
	}
	assert_int_equal(got, 3);
	pair_free(p);
}

static void test_shares_of_all_peers_are_bounded_together(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	uint32_t sent = 0;

	for (uint32_t i = 0; i < COOKIES_PEERS_BURST + 100; i++) {
		struct key key = { { 5, (uint8_t)i, (uint8_t)(i >> 8) } };
		struct endpoint at = place(256 * 256 + i, 9);
		struct peer *peer;

		assert_int_equal(admin_add(&p->b.t, &key, &peer), 0);
		admin_endpoint(&p->b.t, peer, &at);
	}
	load(p);
	flood_from_everywhere(p);
	for (uint32_t i = 0; i < COOKIES_PEERS_BURST + 100; i++) {
		struct endpoint at = place(256 * 256 + i, 9);

		sent += hear_from(p, &at) == FATE_COOKIE_SENT;
	}
	assert_int_equal(sent, COOKIES_PEERS_BURST);
	pair_free(p);
}

/* --- the lane --- */

/* It arrives in a batch that holds some answers already, but it is not its turn yet. */
static enum fate arrive_behind(struct pair *p, const struct datagram *d, uint32_t answers)
{
	struct batch *b = &p->b.batch;
	struct pkt *pkt;

	batch_reset(b);
	while (answers--)
		assert_non_null(batch_end(b));
	pkt = batch_point(b, memcpy(batch_carve(b, d->len), d->data, d->len), d->len);
	pkt->end = &d->from;
	return handshake_arrived(&p->b.t, pkt, b, p->now);
}

static enum fate arrive(struct pair *p, const struct datagram *d)
{
	return arrive_behind(p, d, 0);
}

static void test_answers_that_fill_a_batch_leave_the_next_one_empty(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct cookie_maker maker = { 0 };
	struct datagram d = call_from(p, &p->a.at, &maker);

	load(p);
	assert_int_equal(arrive_behind(p, &d, p->b.batch.cap_ends - 1), FATE_COOKIE_SENT);
	assert_int_equal(arrive_behind(p, &d, p->b.batch.cap_ends), FATE_HSQUEUE_FULL);
	assert_int_equal(arrive(p, &d), FATE_COOKIE_SENT);
	pair_free(p);
}

/* One that has proved its address sends twice what it may; how many of them wait now. */
static unsigned call_often(struct pair *p, const struct endpoint *from)
{
	struct cookie_maker maker = { 0 };
	struct datagram d = call_from(p, from, &maker);
	unsigned waiting = 0;

	assert_int_equal(side_hear(p, &p->b, &d), FATE_COOKIE_SENT);
	d = side_take(&p->b, MESSAGE_COOKIE);
	assert_true(cookie_take(&maker, (const struct wire_cookie *)d.data, p->now.mono));
	for (int i = 0; i < 2 * PROVED_BURST; i++) {
		d = call_from(p, from, &maker);
		waiting += arrive(p, &d) == FATE_HANDSHAKE;
	}
	return waiting;
}

static void test_it_takes_many_proved_sources_to_fill_the_lane(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct datagram d;
	uint32_t sources = 0;

	pair_connect(p);
	load(p);
	do {
		struct endpoint from = place(256 * ++sources, 1);

		if (call_often(p, &from) < PROVED_BURST)
			break;
		pair_pass(p, 2 * PROVED_BURST * SECOND_NS / PROOFS);
	} while (sources < COOKIES_BURST);
	assert_int_equal(p->b.t.hsqueue.n, HSQUEUE_SIZE);
	assert_true(sources >= HSQUEUE_SIZE / PROVED_BURST);
	side_send(p, &p->a, 84);
	d = side_take(&p->a, MESSAGE_DATA);
	assert_int_equal(side_hear(p, &p->b, &d), FATE_DEV);
	pair_free(p);
}

/* --- packets that wait for a session --- */

static void test_packets_that_wait_for_many_peers_take_bounded_memory(void **state)
{
	(void)state;
	enum { PEERS = 1000, RINGS = STAGED_ALL / STAGED_BYTES };
	static uint8_t packet[1400];
	static struct peer *peer[PEERS];
	struct pair *p = pair_new(false);
	struct tunnel *t = &p->a.t;

	for (uint32_t i = 0; i < PEERS; i++) {
		struct key key = { { 6, (uint8_t)i, (uint8_t)(i >> 8) } };

		assert_int_equal(admin_add(t, &key, &peer[i]), 0);
		for (int n = 0; n < 2 * STAGED_PACKETS; n++)
			assert_int_equal(send_stage(t, peer[i], packet, sizeof(packet)),
					 FATE_STAGED);
	}
	assert_int_equal(t->staged_bytes, STAGED_ALL + (PEERS - RINGS) * STAGED_FEW);
	assert_int_equal(peer[0]->staged.n, STAGED_PACKETS);
	/* Enough for a SYN, or a question to a name server. */
	assert_int_equal(peer[PEERS - 1]->staged.n, STAGED_FEW / (sizeof(packet) + 4));
	for (uint32_t i = 0; i < PEERS; i++)
		admin_remove(t, peer[i]);
	assert_int_equal(t->staged_bytes, 0);
	/* Sent, or given up: the memory is free again. */
	side_send(p, &p->a, 84);
	assert_int_equal(t->staged_bytes, STAGED_BYTES);
	pair_pump(p);
	assert_int_equal(t->staged_bytes, 0);
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
		cmocka_unit_test(test_a_peer_that_flips_its_port_hides_no_news_of_others),
		cmocka_unit_test(test_news_of_a_thousand_peers_wait_together),
		cmocka_unit_test(test_strangers_hide_only_strangers),
		cmocka_unit_test(test_a_flood_from_one_network_leaves_cookies_to_the_others),
		cmocka_unit_test(test_in_a_flooded_network_no_mac2_is_verified_but_of_peers),
		cmocka_unit_test(test_all_looks_at_mac2_are_bounded_but_of_peers),
		cmocka_unit_test(test_ipv6_counts_by_48),
		cmocka_unit_test(test_a_flood_from_everywhere_leaves_the_peers_their_share),
		cmocka_unit_test(test_the_share_is_where_the_peer_is),
		cmocka_unit_test(test_a_new_caller_gets_a_cookie_in_the_end),
		cmocka_unit_test(test_shares_of_all_peers_are_bounded_together),
		cmocka_unit_test(test_answers_that_fill_a_batch_leave_the_next_one_empty),
		cmocka_unit_test(test_it_takes_many_proved_sources_to_fill_the_lane),
		cmocka_unit_test(test_packets_that_wait_for_many_peers_take_bounded_memory),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
