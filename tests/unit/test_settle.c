/* SPDX-License-Identifier: ISC */
#include "proto/tunnel.h"

#include <errno.h>

#include "base/bytes.h"
#include "forced.h"
#include "hex.h"
#include "pair.h"
#include "proto/wire.h"

/* After delivery: which peer is credited with what. */

static void test_handshake_and_data_are_counted_in_bytes_of_udp_payload(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);

	assert_int_equal(side_send(p, &p->a, 84), FATE_STAGED);
	assert_int_equal(p->a.peer->tx_bytes, 148);
	assert_int_equal(p->a.out.d[0].tos, 0x88);
	assert_int_equal(side_hear(p, &p->b, &p->a.out.d[0]), FATE_CONSUMED);
	assert_int_equal(p->b.peer->rx_bytes, 148);
	assert_int_equal(p->b.peer->tx_bytes, 92);
	assert_int_equal(p->b.out.d[0].tos, 0x88);
	side_forget(&p->a);
	pair_pump(p);
	assert_int_equal(p->a.peer->rx_bytes, 92);
	assert_int_equal(p->a.peer->tx_bytes, 148 + 128); /* 84 padded to 96 */
	assert_int_equal(p->b.peer->rx_bytes, 148 + 128);
	assert_int_equal(p->a.peer->tx_packets, 1);
	assert_int_equal(p->b.peer->rx_packets, 1);
	pair_run(p, 10 * SECOND_NS); /* the passive keepalive */
	assert_int_equal(p->b.peer->tx_bytes, 92 + 32);
	assert_int_equal(p->a.peer->rx_bytes, 92 + 32);
	assert_int_equal(p->b.peer->tx_packets, 0);
	assert_int_equal(p->a.peer->rx_packets, 0);
	assert_int_equal(p->a.t.count[FATE_KEEPALIVE], 1);
	pair_free(p);
}

static void test_refused_datagrams_are_not_credited(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct batch *b = &p->a.batch;
	struct pkt *pkt;
	uint64_t tx;

	pair_connect(p);
	tx = p->a.peer->tx_bytes;
	p->a.peer->endpoint.local.family = AF_INET;
	batch_reset(b);
	pkt = batch_add(b, 100);
	side_packet(pkt->data, p->a.inner, p->b.inner, 100);
	tunnel_seal(&p->a.t, b, p->now);
	assert_int_equal(pkt->fate, FATE_NET);
	pkt->fate = FATE_SEND; /* as udp_send() says it */
	pkt->err = 101;
	pkt->flags = PKT_SOURCE_STALE;
	tunnel_settle(&p->a.t, b, p->now);
	assert_int_equal(p->a.peer->tx_bytes, tx);
	assert_int_equal(p->a.peer->send_error, 101);
	assert_int_equal(p->a.peer->count[FATE_SEND], 1);
	assert_int_equal(p->a.t.count[FATE_SEND], 1);
	assert_int_equal(p->a.peer->endpoint.local.family, 0); /* stale source forgotten */
	side_send(p, &p->a, 100);
	assert_int_equal(p->a.peer->send_error, 0);
	assert_int_equal(p->a.peer->tx_bytes, tx + 144);
	pair_free(p);
}

/* Seal n packets of a, as udp_send() leaves them with these flags; how many were to go alone. */
static unsigned seal_some(struct pair *p, unsigned n, uint8_t flags)
{
	struct batch *b = &p->a.batch;
	unsigned alone = 0;

	batch_reset(b);
	while (n--)
		side_packet(batch_add(b, 100)->data, p->a.inner, p->b.inner, 100);
	tunnel_seal(&p->a.t, b, p->now);
	for (uint32_t i = 0; i < b->n; i++) {
		assert_int_equal(b->pkt[i].fate, FATE_NET);
		alone += (b->pkt[i].flags & PKT_ALONE) != 0;
		b->pkt[i].flags |= flags;
	}
	tunnel_settle(&p->a.t, b, p->now);
	return alone;
}

static void test_peer_that_refused_runs_is_sent_single_packets_for_a_while(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct endpoint there;

	pair_connect(p);
	assert_int_equal(seal_some(p, 10, 0), 0);
	assert_int_equal(seal_some(p, 10, PKT_RUN_REFUSED), 0);
	assert_int_equal(p->a.peer->alone, ALONE_PACKETS);
	assert_int_equal(seal_some(p, 10, 0), 10);
	p->a.peer->alone = 4; /* the end of it */
	assert_int_equal(seal_some(p, 10, 0), 4);
	assert_int_equal(seal_some(p, 10, 0), 0);
	/* Elsewhere it may be otherwise. */
	seal_some(p, 1, PKT_RUN_REFUSED);
	there = p->a.peer->endpoint;
	admin_endpoint(&p->a.t, p->a.peer, &there);
	assert_int_equal(p->a.peer->alone, ALONE_PACKETS);
	there.remote.v4.sin_port ^= 1;
	admin_endpoint(&p->a.t, p->a.peer, &there);
	assert_int_equal(p->a.peer->alone, 0);
	pair_free(p);
}

/* An initiation of a, as udp_send() leaves it when there is no route. */
static void ask_without_a_network(struct pair *p)
{
	struct batch *b = &p->a.batch;

	pair_pass(p, 6 * SECOND_NS);
	admin_handshake(&p->a.t, p->a.peer, p->now);
	batch_reset(b);
	tunnel_tick(&p->a.t, b, p->now);
	assert_int_equal(b->n, 1);
	b->pkt[0].fate = FATE_SEND;
	b->pkt[0].err = ENETUNREACH;
	tunnel_settle(&p->a.t, b, p->now);
}

static void test_when_the_network_is_back_a_peer_is_asked_where_it_was(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct endpoint ends[2] = { p->b.at, p->b.at };

	ends[1].remote.v4.sin_port ^= 1;
	admin_candidates(&p->a.t, p->a.peer, ends, LEN(ends), p->now);
	for (int i = 0; i < 3; i++)
		ask_without_a_network(p);
	assert_true(endpoint_same_remote(&p->a.peer->endpoint, &ends[1]));
	admin_network_changed(&p->a.t);
	for (int i = 0; i < 2; i++) {
		ask_without_a_network(p);
		assert_true(endpoint_same_remote(&p->a.peer->endpoint, &ends[0]));
	}
	/* But not if something left: then it may be elsewhere. */
	pair_pass(p, 6 * SECOND_NS);
	admin_handshake(&p->a.t, p->a.peer, p->now);
	side_tick(p, &p->a);
	assert_int_equal(side_said(&p->a, MESSAGE_INITIATION), 1);
	admin_network_changed(&p->a.t);
	assert_true(endpoint_same_remote(&p->a.peer->endpoint, &ends[1]));
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
		cmocka_unit_test(test_handshake_and_data_are_counted_in_bytes_of_udp_payload),
		cmocka_unit_test(test_refused_datagrams_are_not_credited),
		cmocka_unit_test(test_peer_that_refused_runs_is_sent_single_packets_for_a_while),
		cmocka_unit_test(test_when_the_network_is_back_a_peer_is_asked_where_it_was),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
