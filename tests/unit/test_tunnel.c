/* SPDX-License-Identifier: ISC */
#include "proto/tunnel.h"

#include "base/bytes.h"
#include "forced.h"
#include "hex.h"
#include "pair.h"
#include "proto/send.h"
#include "proto/wire.h"

/* Data through a tunnel: what passes, what is dropped and under which name. */

static struct picture before, after;

static void assert_untouched(const struct side *s)
{
	side_picture(s, &after);
	assert_int_equal(before.len, after.len);
	assert_memory_equal(before.bytes, after.bytes, before.len);
}

static struct datagram data_of(struct pair *p, size_t len)
{
	assert_int_equal(side_send(p, &p->a, len), FATE_NET);
	return side_take(&p->a, MESSAGE_DATA);
}

static void test_packets_pass_both_ways_unchanged(void **state)
{
	(void)state;
	for (int psk = 0; psk < 2; psk++) {
		struct pair *p = pair_new(psk);

		pair_connect(p);
		for (size_t len = 20; len <= 1420; len += 7) {
			uint8_t want[1420];
			struct side *from = len % 2 ? &p->a : &p->b, *to = pair_other(p, from);

			side_packet(want, from->inner, to->inner, len);
			assert_int_equal(side_send(p, from, len), FATE_NET);
			assert_int_equal(from->out.d[0].len,
					 32 + batch_padded((uint32_t)len, 1420));
			assert_int_equal(from->out.d[0].tos, 0);
			pair_pump(p);
			assert_int_equal(to->dev.n, 1);
			assert_int_equal(to->dev.d[0].len, len); /* padding is gone */
			assert_memory_equal(to->dev.d[0].data, want, len);
			side_forget(to);
		}
		pair_free(p);
	}
}

static void test_what_comes_from_the_device_is_sorted(void **state)
{
	(void)state;
	static const uint8_t stranger[4] = { 10, 9, 9, 9 };
	struct pair *p = pair_new(false);
	struct endpoint nowhere = { 0 };
	uint8_t packet[100];

	pair_connect(p);
	side_packet(packet, p->a.inner, p->b.inner, sizeof(packet));
	assert_int_equal(side_write(p, &p->a, packet, 19), FATE_NOT_IP);
	packet[0] = 0x55;
	assert_int_equal(side_write(p, &p->a, packet, 100), FATE_NOT_IP);
	packet[0] = 0x60;
	assert_int_equal(side_write(p, &p->a, packet, 39), FATE_NOT_IP);
	assert_int_equal(side_write(p, &p->a, packet, 100), FATE_NO_PEER);
	side_packet(packet, p->a.inner, stranger, sizeof(packet));
	assert_int_equal(side_write(p, &p->a, packet, 100), FATE_NO_PEER);
	p->a.peer->endpoint = nowhere;
	assert_int_equal(side_send(p, &p->a, 100), FATE_NO_ENDPOINT);
	assert_int_equal(p->a.peer->staged.n, 0);
	assert_int_equal(p->a.n_log, 0);
	assert_int_equal(p->a.t.count[FATE_NOT_IP], 3);
	assert_int_equal(p->a.t.count[FATE_NO_PEER], 2);
	assert_int_equal(p->a.peer->count[FATE_NO_ENDPOINT], 1);
	pair_free(p);
}

static void test_data_with_any_bit_wrong_is_refused_and_changes_nothing(void **state)
{
	(void)state;
	struct pair *p = pair_new(true);
	struct datagram d;

	pair_connect(p);
	pair_run(p, 30 * SECOND_NS);
	side_forget(&p->b);
	d = data_of(p, 84);
	d.from.remote.v4.sin_port ^= 1; /* nor may it move the endpoint */
	side_picture(&p->b, &before);
	for (size_t bit = 0; bit < d.len * 8; bit++) {
		enum fate want = bit < 32   ? FATE_TYPE
				 : bit < 64 ? FATE_NO_SESSION
					    : FATE_FORGED,
			  is;

		hex_flip(d.data, bit);
		is = side_hear(p, &p->b, &d);
		if (bit < 3) /* types 5 and 6 are none; 0 is none */
			want = FATE_TYPE;
		assert_int_equal(is, want);
		hex_flip(d.data, bit);
	}
	for (uint32_t len = 0; len < d.len; len++) {
		struct datagram cut = d;

		cut.len = len;
		assert_int_equal(side_hear(p, &p->b, &cut), len < 32 ? FATE_RUNT : FATE_FORGED);
	}
	assert_untouched(&p->b);
	assert_int_equal(p->b.n_log, 0);
	assert_int_equal(side_hear(p, &p->b, &d), FATE_DEV);
	pair_free(p);
}

static void test_a_packet_is_taken_once(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct datagram d[3];

	pair_connect(p);
	for (int i = 0; i < 3; i++)
		d[i] = data_of(p, 84);
	assert_int_equal(side_hear(p, &p->b, &d[2]), FATE_DEV);
	assert_int_equal(side_hear(p, &p->b, &d[0]), FATE_DEV);
	assert_int_equal(side_hear(p, &p->b, &d[1]), FATE_DEV);
	for (int i = 0; i < 3; i++)
		assert_int_equal(side_hear(p, &p->b, &d[i]), FATE_REPLAY);
	assert_int_equal(p->b.peer->count[FATE_REPLAY], 3);
	assert_int_equal(p->b.dev.n, 3);
	pair_free(p);
}

static void test_content_is_checked_and_timers_run_whatever_it_is(void **state)
{
	(void)state;
	static const struct {
		size_t sealed, stated;
		uint8_t first, source;
		enum fate fate;
	} rows[] = {
		{ 84, 84, 0x45, 1, FATE_DEV },    { 96, 84, 0x45, 1, FATE_DEV },
		{ 85, 84, 0x45, 1, FATE_DEV },    { 20, 20, 0x45, 1, FATE_DEV },
		{ 19, 19, 0x45, 1, FATE_NOT_IP }, { 1, 20, 0x45, 1, FATE_NOT_IP },
		{ 84, 85, 0x45, 1, FATE_LENGTH }, { 84, 65535, 0x45, 1, FATE_LENGTH },
		{ 84, 19, 0x45, 1, FATE_LENGTH }, { 84, 0, 0x45, 1, FATE_LENGTH },
		{ 84, 84, 0x55, 1, FATE_NOT_IP }, { 84, 84, 0x05, 1, FATE_NOT_IP },
		{ 84, 84, 0x44, 1, FATE_LENGTH }, { 84, 84, 0x40, 1, FATE_LENGTH },
		{ 84, 59, 0x4f, 1, FATE_LENGTH }, { 20, 20, 0x46, 1, FATE_LENGTH },
		{ 60, 60, 0x4f, 1, FATE_DEV },    { 24, 24, 0x46, 1, FATE_DEV },
		{ 84, 84, 0x45, 7, FATE_SOURCE }, { 84, 84, 0x45, 2, FATE_SOURCE },
	};
	struct pair *p = pair_new(false);

	pair_connect(p);
	for (size_t i = 0; i < LEN(rows); i++) {
		uint8_t packet[128];
		struct datagram d;
		uint64_t rx = p->b.peer->rx_bytes, heard;

		side_packet(packet, p->a.inner, p->b.inner, 100);
		packet[0] = rows[i].first;
		packet[15] = rows[i].source;
		store_be16(packet + 2, (uint16_t)rows[i].stated);
		d = side_forge(&p->a, 100 + i, packet, rows[i].sealed);
		pair_pass(p, SECOND_NS);
		p->b.peer->timers.at[TIMER_NEW_HANDSHAKE] = UINT64_MAX;
		p->b.peer->timers.at[TIMER_KEEPALIVE] = 0;
		heard = p->now.mono;
		assert_int_equal(side_hear(p, &p->b, &d), rows[i].fate);
		assert_int_equal(p->b.peer->rx_bytes, rx + d.len);
		assert_true(p->b.peer->heard_at == heard);
		assert_int_equal(p->b.peer->timers.at[TIMER_NEW_HANDSHAKE], 0);
		assert_true(p->b.peer->timers.at[TIMER_KEEPALIVE] == heard + 10 * SECOND_NS);
		if (rows[i].fate == FATE_DEV)
			assert_int_equal(p->b.dev.d[p->b.dev.n - 1].len, rows[i].stated);
	}
	assert_int_equal(p->b.peer->refused_source.bytes[3], 2);
	pair_free(p);
}

/* Peer one allows 10.0.0.0/24, but 10.0.0.7 in it is another peer's: one may not speak for that. */
static void test_the_source_must_belong_to_the_sender_in_the_whole_table(void **state)
{
	(void)state;
	static const struct key somebody = { { 9, 9, 9 } };
	struct prefix net = { .ip = { .family = AF_INET, .bytes = { 10, 0, 0, 0 } }, .bits = 24 };
	struct prefix one = { .ip = { .family = AF_INET, .bytes = { 10, 0, 0, 7 } }, .bits = 32 };
	struct pair *p = pair_new(false);
	uint8_t packet[84];
	struct peer *other;
	struct datagram d;

	pair_connect(p);
	assert_int_equal(admin_add(&p->b.t, &somebody, &other), 0);
	assert_int_equal(admin_allow(&p->b.t, p->b.peer, &net), 0);
	side_packet(packet, one.ip.bytes, p->b.inner, sizeof(packet));
	d = side_forge(&p->a, 50, packet, sizeof(packet));
	assert_int_equal(side_hear(p, &p->b, &d), FATE_DEV);
	assert_int_equal(admin_allow(&p->b.t, other, &one), 0);
	d = side_forge(&p->a, 51, packet, sizeof(packet));
	assert_int_equal(side_hear(p, &p->b, &d), FATE_SOURCE);
	assert_memory_equal(p->b.peer->refused_source.bytes, one.ip.bytes, 4);
	admin_remove(&p->b.t, other);
	d = side_forge(&p->a, 52, packet, sizeof(packet));
	assert_int_equal(side_hear(p, &p->b, &d), FATE_DEV);
	pair_free(p);
}

static void test_ecn_goes_out_and_comes_in_and_dscp_stays(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	uint8_t packet[84];
	struct datagram d;

	pair_connect(p);
	side_packet(packet, p->a.inner, p->b.inner, sizeof(packet));
	packet[1] = 0xb8 | 3; /* EF, congestion experienced */
	assert_int_equal(side_write(p, &p->a, packet, sizeof(packet)), FATE_NET);
	d = side_take(&p->a, MESSAGE_DATA);
	assert_int_equal(d.tos, 2);
	packet[1] = 0xb8 | 2;
	assert_int_equal(side_write(p, &p->a, packet, sizeof(packet)), FATE_NET);
	d = side_take(&p->a, MESSAGE_DATA);
	assert_int_equal(d.tos, 2);
	d.tos = 0xfc | 3; /* a router on the way */
	assert_int_equal(side_hear(p, &p->b, &d), FATE_DEV);
	assert_int_equal(p->b.dev.d[0].data[1], 0xb8 | 3);
	pair_free(p);
}

static void test_endpoint_follows_authentic_data_only(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct datagram d, old;
	struct endpoint there;
	struct event e;

	pair_connect(p);
	old = d = data_of(p, 84);
	assert_true(endpoint_parse(&there, "198.51.100.9:999", 16));
	there.local = (struct ip){ .family = AF_INET, .bytes = { 192, 0, 2, 2 } };
	there.ifindex = 3;
	d.from = there;
	hex_flip(d.data, 200);
	assert_int_equal(side_hear(p, &p->b, &d), FATE_FORGED);
	assert_true(endpoint_equal(&p->b.peer->endpoint, &p->a.at));
	hex_flip(d.data, 200);
	assert_int_equal(side_hear(p, &p->b, &d), FATE_DEV);
	assert_true(endpoint_equal(&p->b.peer->endpoint, &there));
	assert_true(side_event(&p->b, EVENT_ENDPOINT, &e));
	assert_ptr_equal(e.peer, p->b.peer);
	assert_int_equal(side_hear(p, &p->b, &old), FATE_REPLAY); /* from the old address */
	assert_true(endpoint_equal(&p->b.peer->endpoint, &there));
	d = side_forge(&p->a, 70, NULL, 0); /* a keepalive moves it as well */
	assert_int_equal(side_hear(p, &p->b, &d), FATE_KEEPALIVE);
	assert_true(endpoint_equal(&p->b.peer->endpoint, &p->a.at));
	d = side_forge(&p->a, 71, "x", 1); /* and so does junk, if it is authentic */
	d.from = there;
	assert_int_equal(side_hear(p, &p->b, &d), FATE_NOT_IP);
	assert_int_equal(side_send(p, &p->b, 84), FATE_NET);
	assert_true(endpoint_equal(&p->b.out.d[0].to, &there)); /* answers go there */
	pair_free(p);
}

/* Nobody there can be answered: such an endpoint would only make sends fail. */
static void hear_from_nowhere(struct pair *p, struct side *s, const struct datagram *genuine)
{
	static const char *const senders[] = {
		"192.0.2.1:1", "[2001:db8::1]:1", "0.0.0.0:51820",   "255.255.255.255:51820",
		"224.0.0.1:1", "[::]:51820",      "[ff02::1]:51820", "[::ffff:192.0.2.1]:1",
	};

	side_picture(s, &before);
	for (size_t i = 0; i < LEN(senders); i++) {
		struct datagram d = *genuine;

		assert_true(endpoint_parse(&d.from, senders[i], strlen(senders[i])));
		if (i == 0)
			d.from.remote.v4.sin_port = 0;
		if (i == 1)
			d.from.remote.v6.sin6_port = 0;
		assert_int_equal(side_hear(p, s, &d), FATE_SENDER);
		assert_int_equal(s->out.n, 0);
	}
	assert_untouched(s);
	assert_int_equal(s->t.count[FATE_SENDER], LEN(senders));
}

static void test_senders_that_cannot_be_answered_are_not_heard(void **state)
{
	(void)state;
	struct pair *p = pair_new(true);
	struct datagram d;

	assert_int_equal(side_send(p, &p->a, 84), FATE_STAGED);
	d = side_take(&p->a, MESSAGE_INITIATION);
	hear_from_nowhere(p, &p->b, &d);
	assert_int_equal(side_hear(p, &p->b, &d), FATE_CONSUMED);
	d = side_take(&p->b, MESSAGE_RESPONSE);
	hear_from_nowhere(p, &p->a, &d);
	assert_int_equal(side_hear(p, &p->a, &d), FATE_CONSUMED);
	d = side_take(&p->a, MESSAGE_DATA);
	p->b.t.count[FATE_SENDER] = 0;
	hear_from_nowhere(p, &p->b, &d);
	assert_int_equal(side_hear(p, &p->b, &d), FATE_DEV);
	pair_free(p);
}

/*
 * Lengths 0..200 of every type, of noise and of zeroes, at a live pair and at one in
 * mid-handshake.
 */
static void junk(struct pair *p, struct side *s, const struct datagram *genuine)
{
	struct seed seed = { 99 };

	side_picture(s, &before);
	for (uint32_t type = 0; type < 12; type++) {
		for (uint32_t len = 0; len <= 200; len++) {
			struct datagram d = { .len = len, .from = genuine->from };

			d.from.remote.v4.sin_port ^= 0x55;
			seed_fill(&seed, d.data, len);
			store_le32(d.data, type % 6);
			if (type >= 6) /* to an index that is known */
				memcpy(d.data + (type % 6 == 2 ? 8 : 4), genuine->data + 4, 4);
			assert_true(side_hear(p, s, &d) >= FATE_DROPPED);
		}
	}
	assert_untouched(s);
	assert_int_equal(s->n_log, 0);
	assert_int_equal(s->dev.n, 0);
}

static void test_junk_of_every_length_and_type_changes_nothing(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct datagram d;

	pair_connect(p);
	pair_run(p, 30 * SECOND_NS);
	side_forget(&p->b);
	d = data_of(p, 84);
	junk(p, &p->b, &d);
	pair_free(p);

	p = pair_new(false);
	side_send(p, &p->a, 84);
	d = side_take(&p->a, MESSAGE_INITIATION);
	side_forget(&p->a);
	d.from = p->b.at;
	junk(p, &p->a, &d);
	assert_true(p->a.peer->pending->waiting);
	pair_free(p);
}

static void test_counters_end_at_the_limit_on_both_sides(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	struct session *s;
	struct datagram d;

	pair_connect(p);
	pair_run(p, 30 * SECOND_NS);
	side_forget(&p->a);
	s = p->a.peer->keyring.current;
	s->send_counter = REJECT_AFTER_MESSAGES - 1;
	assert_int_equal(side_send(p, &p->a, 84), FATE_NET); /* the last; and a new handshake */
	assert_int_equal(side_said(&p->a, MESSAGE_INITIATION), 1);
	assert_int_equal(side_send(p, &p->a, 84), FATE_STAGED);
	assert_true(s->send_counter == REJECT_AFTER_MESSAGES);
	assert_int_equal(side_said(&p->a, MESSAGE_DATA), 1);
	d = side_forge(&p->a, REJECT_AFTER_MESSAGES, NULL, 0);
	assert_int_equal(side_hear(p, &p->b, &d), FATE_REPLAY);
	pair_pump(p); /* a new session carries what waited */
	assert_int_equal(p->b.dev.n, 2);
	assert_ptr_not_equal(p->a.peer->keyring.current, s);
	/* The receiver has seen the last counter of the old session: nothing more under it. */
	assert_int_equal(p->b.peer->keyring.previous->replay.top, REJECT_AFTER_MESSAGES);
	pair_free(p);
}

static void test_either_side_renews_after_2_to_the_60_messages(void **state)
{
	(void)state;
	for (int responder = 0; responder < 2; responder++) {
		struct pair *p = pair_new(false);
		struct side *s = responder ? &p->b : &p->a;

		pair_connect(p);
		pair_run(p, 30 * SECOND_NS);
		side_forget(s);
		s->peer->keyring.current->send_counter = REKEY_AFTER_MESSAGES - 1;
		assert_int_equal(side_send(p, s, 84), FATE_NET);
		assert_int_equal(side_said(s, MESSAGE_INITIATION), 0);
		assert_int_equal(side_send(p, s, 84), FATE_NET);
		assert_int_equal(side_said(s, MESSAGE_INITIATION), 1);
		pair_pump(p);
		assert_true(s->peer->keyring.current->initiator);
		assert_true(s->peer->keyring.current->send_counter < 10);
		pair_free(p);
	}
}

static void test_padding_is_zero(void **state)
{
	(void)state;
	static const uint8_t zero[16];
	struct pair *p = pair_new(false);
	struct datagram d;
	struct aead_job job;

	pair_connect(p);
	memset(p->a.batch.mem, 0xff, p->a.batch.size); /* what was there before must not leak */
	d = data_of(p, 85);
	job = (struct aead_job){ .key = &p->b.peer->keyring.current->keys->receive,
				 .nonce = load_le64(d.data + 8),
				 .data = d.data + 16,
				 .len = d.len - 16 };
	aead_open(&job, 1);
	assert_true(job.authentic);
	assert_int_equal(d.len, 16 + 96 + 16);
	assert_memory_equal(d.data + 16 + 85, zero, 96 - 85);
	pair_free(p);
}

static void test_new_packets_do_not_overtake_those_that_wait(void **state)
{
	(void)state;
	struct pair *p = pair_new(false);
	uint8_t packet[100];

	pair_connect(p);
	side_packet(packet, p->a.inner, p->b.inner, sizeof(packet));
	assert_int_equal(send_stage(&p->a.t, p->a.peer, packet, sizeof(packet)), FATE_STAGED);
	assert_int_equal(side_send(p, &p->a, 300), FATE_STAGED);
	assert_int_equal(side_send(p, &p->a, 400), FATE_NET);
	pair_pump(p);
	assert_int_equal(p->b.dev.n, 3);
	assert_int_equal(p->b.dev.d[0].len, 100);
	assert_int_equal(p->b.dev.d[1].len, 300);
	assert_int_equal(p->b.dev.d[2].len, 400);
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
		cmocka_unit_test(test_packets_pass_both_ways_unchanged),
		cmocka_unit_test(test_what_comes_from_the_device_is_sorted),
		cmocka_unit_test(test_data_with_any_bit_wrong_is_refused_and_changes_nothing),
		cmocka_unit_test(test_a_packet_is_taken_once),
		cmocka_unit_test(test_content_is_checked_and_timers_run_whatever_it_is),
		cmocka_unit_test(test_the_source_must_belong_to_the_sender_in_the_whole_table),
		cmocka_unit_test(test_ecn_goes_out_and_comes_in_and_dscp_stays),
		cmocka_unit_test(test_endpoint_follows_authentic_data_only),
		cmocka_unit_test(test_senders_that_cannot_be_answered_are_not_heard),
		cmocka_unit_test(test_junk_of_every_length_and_type_changes_nothing),
		cmocka_unit_test(test_counters_end_at_the_limit_on_both_sides),
		cmocka_unit_test(test_either_side_renews_after_2_to_the_60_messages),
		cmocka_unit_test(test_padding_is_zero),
		cmocka_unit_test(test_new_packets_do_not_overtake_those_that_wait),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
