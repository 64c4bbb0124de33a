/* SPDX-License-Identifier: ISC */
#include "proto/noise.h"

#include "base/bytes.h"
#include "crypto/aead.h"
#include "forced.h"
#include "hex.h"
#include "proto/cookie.h"
#include "proto/session.h"
#include "seed.h"
#include "vectors.h"

/* Both ends of a vector's handshake, before the first message. */
struct ends {
	struct noise_identity i, r;
	struct noise_remote of_i, of_r; /* i as r knows it, and the other way round */
	struct cookie_maker to_i, to_r;
	struct cookie_checker at_i, at_r;
	struct noise_pending pending;
	struct wire_initiation initiation;
	struct noise_received received;
	struct wire_response response;
	struct noise_keys keys_i, keys_r;
	uint8_t timestamp[TIMESTAMP_LEN];
};

/* A source of randomness that returns one key, once. */
static void give_key(void *ctx, void *out, size_t len)
{
	const char **hex = ctx;

	assert_int_equal(len, KEY_LEN);
	assert_non_null(*hex);
	hex_read(out, len, *hex);
	*hex = NULL;
}

static struct key key_of(const char *hex)
{
	struct key key;

	assert_int_equal(hex_read(key.bytes, sizeof(key.bytes), hex), KEY_LEN);
	return key;
}

static void ends_init(struct ends *e, const struct handshake_vector *v)
{
	struct key i = key_of(key_vectors.initiator_static.private);
	struct key r = key_of(key_vectors.responder_static.private);

	*e = (struct ends){ 0 };
	noise_identity_set(&e->i, &i);
	noise_identity_set(&e->r, &r);
	e->of_i.public_key = e->i.public_key;
	e->of_r.public_key = e->r.public_key;
	e->of_i.psk = e->of_r.psk = key_of(v->response.psk);
	noise_remote_update(&e->of_i, &e->r);
	noise_remote_update(&e->of_r, &e->i);
	assert_true(noise_remote_ready(&e->of_i, &e->r));
	assert_true(noise_remote_ready(&e->of_r, &e->i));
	cookie_keys_set(&e->to_i.keys, &e->i.public_key);
	cookie_keys_set(&e->to_r.keys, &e->r.public_key);
	e->at_i.keys = e->to_i.keys;
	e->at_r.keys = e->to_r.keys;
	hex_read(e->timestamp, sizeof(e->timestamp), v->initiation.timestamp);
}

static void say_initiation(struct ends *e, const struct handshake_vector *v)
{
	const char *ephemeral = key_vectors.initiator_ephemeral.private;
	struct rng rng = { .fill = give_key, .ctx = &ephemeral };

	assert_true(noise_write_initiation(&e->pending, &e->initiation, &e->i, &e->of_r,
					   v->initiator_index, e->timestamp, &rng));
	cookie_add_macs(&e->to_r, &e->initiation, sizeof(e->initiation), 1);
}

/* All checks of an initiation by a responder that is not under load. */
static bool hear_initiation(struct ends *e, const struct wire_initiation *m)
{
	uint8_t timestamp[TIMESTAMP_LEN];

	return load_le32(m->type) == MESSAGE_INITIATION &&
	       cookie_mac1_ok(&e->at_r, m, sizeof(*m)) &&
	       noise_read_static(&e->received, m, &e->r) &&
	       key_equal(&e->received.who, &e->i.public_key) &&
	       noise_read_timestamp(&e->received, m, &e->of_i, timestamp) &&
	       memcmp(timestamp, e->timestamp, sizeof(timestamp)) == 0;
}

static void say_response(struct ends *e, const struct handshake_vector *v)
{
	const char *ephemeral = key_vectors.responder_ephemeral.private;
	struct rng rng = { .fill = give_key, .ctx = &ephemeral };

	assert_true(noise_write_response(&e->received, &e->response, &e->of_i, v->responder_index,
					 &rng, &e->keys_r));
	cookie_add_macs(&e->to_i, &e->response, sizeof(e->response), 1);
}

static bool hear_response(struct ends *e, const struct wire_response *m)
{
	return load_le32(m->type) == MESSAGE_RESPONSE && cookie_mac1_ok(&e->at_i, m, sizeof(*m)) &&
	       load_le32(m->receiver) == e->pending.index &&
	       noise_read_response(&e->pending, m, &e->i, &e->of_r, &e->keys_i);
}

static void shake(struct ends *e, const struct handshake_vector *v)
{
	ends_init(e, v);
	say_initiation(e, v);
	assert_true(hear_initiation(e, &e->initiation));
	say_response(e, v);
	assert_true(hear_response(e, &e->response));
}

static void test_handshakes_equal_the_vectors_byte_for_byte(void **state)
{
	(void)state;
	for (size_t k = 0; k < LEN(handshake_vectors); k++) {
		const struct handshake_vector *v = &handshake_vectors[k];
		struct ends e;

		shake(&e, v);
		assert_hex(&e.of_r.shared, 32, v->initiation.dh_ss);
		assert_hex(&e.of_i.shared, 32, v->initiation.dh_ss);
		assert_hex(e.pending.transcript.hash, 32, v->initiation.h_after_timestamp);
		assert_hex(e.pending.transcript.chaining_key, 32, v->initiation.ck_after_ss);
		assert_hex(e.received.transcript.hash, 32, v->initiation.h_after_timestamp);
		assert_hex(e.received.transcript.chaining_key, 32, v->initiation.ck_after_ss);
		assert_int_equal(e.received.index, v->initiator_index);
		assert_hex(&e.initiation, sizeof(e.initiation), v->initiation.message);
		assert_hex(&e.response, sizeof(e.response), v->response.message);
		assert_hex(&e.keys_i.send, 32, v->response.transport_key_initiator_to_responder);
		assert_hex(&e.keys_i.receive, 32, v->response.transport_key_responder_to_initiator);
		assert_true(key_equal(&e.keys_i.send, &e.keys_r.receive));
		assert_true(key_equal(&e.keys_i.receive, &e.keys_r.send));
	}
}

/* Seal one vector with the sender's session, open it with the receiver's; all bits count. */
static void check_transport(struct session *from, struct session *to, uint64_t counter,
			    const char *plain, uint32_t padded, const char *message)
{
	uint8_t wire[512] = { 0 }, sealed[512];
	size_t len = hex_len(plain), total = hex_len(message);
	struct aead_job job = { .key = &from->keys->send,
				.nonce = counter,
				.data = wire + sizeof(struct wire_data),
				.len = padded };

	assert_true(len <= padded);
	assert_int_equal(total, sizeof(struct wire_data) + padded + AEAD_TAG);
	store_le32(wire, MESSAGE_DATA);
	store_le32(wire + 4, from->remote);
	store_le64(wire + 8, counter);
	hex_read(job.data, padded, plain);
	aead_seal(&job, 1);
	assert_hex(wire, total, message);
	memcpy(sealed, wire, sizeof(sealed));

	job = (struct aead_job){ .key = &to->keys->receive,
				 .nonce = load_le64(wire + 8),
				 .data = wire + 16,
				 .len = padded + AEAD_TAG };
	assert_int_equal(load_le32(wire + 4), to->local);
	aead_open(&job, 1);
	assert_true(job.authentic);
	assert_hex(job.data, len, plain);
	for (size_t bit = 64; bit < total * 8; bit++) { /* what comes before is not sealed */
		memcpy(wire, sealed, sizeof(wire));
		hex_flip(wire, bit);
		job.nonce = load_le64(wire + 8);
		aead_open(&job, 1);
		assert_false(job.authentic);
	}
}

static void test_transport_messages_equal_the_vectors(void **state)
{
	(void)state;
	for (size_t k = 0; k < LEN(handshake_vectors); k++) {
		const struct handshake_vector *v = &handshake_vectors[k];
		struct session *i, *r;
		struct ends e;

		shake(&e, v);
		i = session_new(&e.keys_i, true, v->initiator_index, v->responder_index, NULL, 1);
		r = session_new(&e.keys_r, false, v->responder_index, v->initiator_index, NULL, 1);
		assert_non_null(i);
		assert_non_null(r);
		for (size_t n = 0; n < v->n_transport; n++) {
			uint8_t head[2048];
			bool ours;

			hex_read(head, sizeof(head), v->transport[n].message);
			ours = load_le32(head + 4) == v->responder_index;
			check_transport(ours ? i : r, ours ? r : i, v->transport[n].counter,
					v->transport[n].plaintext, v->transport[n].padded_len,
					v->transport[n].message);
		}
		session_free(i);
		session_free(r);
	}
}

/* A bit flipped on the way: it is rejected, with or without a recomputed mac1. */
static void test_initiation_with_one_wrong_bit_is_refused(void **state)
{
	(void)state;
	for (size_t k = 0; k < LEN(handshake_vectors); k++) {
		struct cookie_maker stranger;
		struct wire_initiation bad;
		struct ends e;

		shake(&e, &handshake_vectors[k]);
		stranger = e.to_r;
		for (size_t bit = 0; bit < offsetof(struct wire_initiation, macs.mac2) * 8; bit++) {
			bad = e.initiation;
			hex_flip(&bad, bit);
			assert_false(hear_initiation(&e, &bad));
			/* The sender's index is opaque and protected by mac1 alone. */
			if (bit / 8 >= offsetof(struct wire_initiation, macs) ||
			    (bit / 8 >= 4 && bit / 8 < 8))
				continue;
			cookie_add_macs(&stranger, &bad, sizeof(bad), 1);
			assert_false(hear_initiation(&e, &bad));
		}
		assert_true(hear_initiation(&e, &e.initiation));
	}
}

static void test_response_with_one_wrong_bit_is_refused_and_the_handshake_waits_on(void **state)
{
	(void)state;
	for (size_t k = 0; k < LEN(handshake_vectors); k++) {
		struct noise_pending before;
		struct noise_keys keys;
		struct cookie_maker stranger;
		struct wire_response bad;
		struct ends e;

		shake(&e, &handshake_vectors[k]);
		keys = e.keys_i;
		before = e.pending;
		stranger = e.to_i;
		for (size_t bit = 0; bit < offsetof(struct wire_response, macs.mac2) * 8; bit++) {
			bad = e.response;
			hex_flip(&bad, bit);
			assert_false(hear_response(&e, &bad));
			if (bit / 8 >= offsetof(struct wire_response, macs) ||
			    (bit / 8 >= 4 && bit / 8 < 8))
				continue;
			cookie_add_macs(&stranger, &bad, sizeof(bad), 1);
			assert_false(hear_response(&e, &bad));
			assert_memory_equal(&e.pending, &before, sizeof(before));
		}
		assert_true(hear_response(&e, &e.response));
		assert_memory_equal(&e.pending, &before, sizeof(before));
		assert_memory_equal(&e.keys_i, &keys, sizeof(keys));
	}
}

static void test_psk_with_one_wrong_bit_is_refused(void **state)
{
	(void)state;
	struct ends e;

	for (size_t k = 0; k < LEN(handshake_vectors); k++) {
		shake(&e, &handshake_vectors[k]);
		for (size_t bit = 0; bit < 256; bit++) {
			hex_flip(&e.of_r.psk, bit);
			assert_false(hear_response(&e, &e.response));
			hex_flip(&e.of_r.psk, bit);
		}
		assert_true(hear_response(&e, &e.response));
	}
}

static void test_static_key_with_one_wrong_bit_is_refused(void **state)
{
	(void)state;
	uint8_t timestamp[TIMESTAMP_LEN];
	struct noise_remote r;
	struct ends e;

	shake(&e, &handshake_vectors[1]);
	for (size_t bit = 0; bit < 256; bit++) {
		struct noise_identity other = e.r;
		struct noise_received n;
		struct key wrong = e.r.private_key;

		/* Another responder: the message was not made for it. */
		hex_flip(&wrong, bit);
		noise_identity_set(&other, &wrong);
		if (!key_equal(&other.private_key, &e.r.private_key)) /* else a clamped bit */
			assert_false(noise_read_static(&n, &e.initiation, &other));
		/* Another initiator than the one it claims to be: ss differs. */
		assert_true(noise_read_static(&n, &e.initiation, &e.r));
		r = e.of_i;
		hex_flip(&r.shared, bit);
		assert_false(noise_read_timestamp(&n, &e.initiation, &r, timestamp));
	}
}

static void test_low_order_keys_are_refused_everywhere(void **state)
{
	(void)state;
	for (size_t k = 0; k < LEN(low_order_vectors); k++) {
		struct key low = key_of(low_order_vectors[k].hex);
		struct seed s = { k };
		struct rng rng = seed_chance(&s);
		uint8_t timestamp[TIMESTAMP_LEN];
		struct noise_remote r;
		struct noise_keys keys;
		struct wire_initiation bad;
		struct wire_response answer;
		struct noise_received n;
		struct ends e;

		shake(&e, &handshake_vectors[k % LEN(handshake_vectors)]);
		/* as static key: es, ss */
		r = e.of_r;
		r.public_key = low;
		noise_remote_update(&r, &e.i);
		assert_false(noise_remote_ready(&r, &e.i));
		assert_false(r.shared_due);
		assert_true(key_is_zero(&r.shared));
		assert_false(
			noise_write_initiation(&e.pending, &bad, &e.i, &r, 1, e.timestamp, &rng));
		r.shared_ok = true; /* and if that were forgotten */
		assert_false(
			noise_write_initiation(&e.pending, &bad, &e.i, &r, 1, e.timestamp, &rng));
		assert_int_equal(e.pending.index, 0x11223344);
		r.shared_ok = false;
		n = e.received;
		assert_false(noise_read_timestamp(&n, &e.initiation, &r, timestamp));
		/* se */
		n = e.received;
		assert_false(noise_write_response(&n, &answer, &r, 2, &rng, &keys));
		/* as ephemeral: es, ee */
		bad = e.initiation;
		memcpy(bad.ephemeral, low.bytes, KEY_LEN);
		assert_false(noise_read_static(&n, &bad, &e.r));
		n = e.received;
		n.ephemeral = low;
		assert_false(noise_write_response(&n, &answer, &e.of_i, 2, &rng, &keys));
		answer = e.response;
		memcpy(answer.ephemeral, low.bytes, KEY_LEN);
		assert_false(noise_read_response(&e.pending, &answer, &e.i, &e.of_r, &keys));
	}
}

static void test_without_a_private_key_nothing_is_said_or_heard(void **state)
{
	(void)state;
	const struct key none = { { 0 } };
	struct seed s = { 1 };
	struct rng rng = seed_chance(&s);
	struct noise_identity nobody;
	struct noise_keys keys;
	struct noise_remote r;
	struct ends e;

	shake(&e, &handshake_vectors[0]);
	nobody = e.i;
	noise_identity_set(&nobody, &none);
	assert_false(nobody.known);
	assert_true(key_is_zero(&nobody.private_key));
	assert_true(key_is_zero(&nobody.public_key));
	r = e.of_r;
	noise_remote_update(&r, &nobody);
	assert_false(noise_remote_ready(&r, &nobody));
	assert_true(key_is_zero(&r.shared));
	assert_false(noise_write_initiation(&e.pending, &e.initiation, &nobody, &e.of_r, 1,
					    e.timestamp, &rng));
	assert_false(noise_read_static(&e.received, &e.initiation, &nobody));
	assert_false(noise_read_response(&e.pending, &e.response, &nobody, &e.of_r, &keys));
}

static void test_timestamps_equal_the_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < LEN(tai64n_vectors); i++) {
		const struct tai64n_vector *v = &tai64n_vectors[i];
		uint8_t last[TIMESTAMP_LEN] = { 0 }, out[TIMESTAMP_LEN];

		noise_timestamp(out, v->unix_sec * 1000000000 + v->nsec, last);
		assert_hex(out, sizeof(out), v->stamp);
		assert_hex(last, sizeof(last), v->stamp);
	}
}

static void test_timestamps_grow_whatever_the_clock_does(void **state)
{
	(void)state;
	struct seed s = { 8 };
	uint64_t wall = UINT64_C(1700000000) * 1000000000;
	uint8_t last[TIMESTAMP_LEN] = { 0 }, before[TIMESTAMP_LEN] = { 0 }, out[TIMESTAMP_LEN];

	for (int i = 0; i < 100000; i++) {
		uint64_t step = seed_next(&s) >> (24 + seed_below(&s, 40));

		switch (seed_below(&s, 4)) {
		case 0:
			wall -= step < wall ? step : wall; /* not below 1970 */
			break;
		case 1:
			break;
		default:
			wall += step;
		}
		noise_timestamp(out, wall, last);
		assert_true(memcmp(out, before, sizeof(out)) > 0);
		assert_memory_equal(out, last, sizeof(out));
		assert_true(load_be32(out + 8) < 1000000000);
		assert_int_equal(load_be32(out + 8) & 0xffffff, 0);
		memcpy(before, out, sizeof(out));
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
		cmocka_unit_test(test_handshakes_equal_the_vectors_byte_for_byte),
		cmocka_unit_test(test_transport_messages_equal_the_vectors),
		cmocka_unit_test(test_initiation_with_one_wrong_bit_is_refused),
		cmocka_unit_test(
			test_response_with_one_wrong_bit_is_refused_and_the_handshake_waits_on),
		cmocka_unit_test(test_psk_with_one_wrong_bit_is_refused),
		cmocka_unit_test(test_static_key_with_one_wrong_bit_is_refused),
		cmocka_unit_test(test_low_order_keys_are_refused_everywhere),
		cmocka_unit_test(test_without_a_private_key_nothing_is_said_or_heard),
		cmocka_unit_test(test_timestamps_equal_the_vectors),
		cmocka_unit_test(test_timestamps_grow_whatever_the_clock_does),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
