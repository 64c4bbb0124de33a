/* SPDX-License-Identifier: ISC */
#include "proto/cookie.h"

#include "base/bytes.h"
#include "crypto/aead.h"
#include "forced.h"
#include "hex.h"
#include "proto/limits.h"
#include "seed.h"
#include "vectors.h"

#define BORN (UINT64_C(1000) * SECOND_NS)

/* Chance as the vectors want it: the nonce of a reply has 24 bytes, the secret 32. */
static void give_vector(void *ctx, void *out, size_t len)
{
	(void)ctx;
	hex_read(out, len, len == 24 ? cookie_vectors.nonce : cookie_vectors.secret);
}

static const struct rng from_vector = { .fill = give_vector };

static struct endpoint end_of(const char *text)
{
	struct endpoint e;

	assert_true(endpoint_parse(&e, text, strlen(text)));
	return e;
}

static struct cookie_keys keys_of(const char *public_hex)
{
	struct cookie_keys keys;
	struct key public_key;

	hex_read(public_key.bytes, sizeof(public_key.bytes), public_hex);
	cookie_keys_set(&keys, &public_key);
	return keys;
}

/* A responder with the vectors' key, and an initiator's view of it. */
struct door {
	struct cookie_checker checker;
	struct cookie_maker maker;
	struct wire_initiation m;
	struct endpoint from;
	struct seed seed;
	struct rng rng;
};

static void door_init(struct door *d)
{
	*d = (struct door){ .seed = { 5 } };
	d->rng = (struct rng){ .fill = seed_fill, .ctx = &d->seed };
	d->checker.keys = keys_of(key_vectors.responder_static.public);
	d->maker.keys = d->checker.keys;
	d->from = end_of("192.0.2.33:51820");
	hex_read(&d->m, sizeof(d->m), handshake_vectors[0].initiation.message);
}

static bool mac2_ok(struct door *d, const struct endpoint *from, uint64_t now)
{
	return cookie_mac2_ok(&d->checker, &d->m, sizeof(d->m), from, now, &d->rng);
}

/* Send the message, get a cookie reply at that time, accept it. */
static void get_cookie(struct door *d, const struct endpoint *from, uint64_t now)
{
	struct wire_cookie reply;

	cookie_add_macs(&d->maker, &d->m, sizeof(d->m), now);
	cookie_reply(&d->checker, &reply, &d->m, sizeof(d->m), from, now, &d->rng);
	assert_true(cookie_take(&d->maker, &reply, now));
}

static void test_keys_follow_from_the_public_key(void **state)
{
	(void)state;
	struct cookie_keys i = keys_of(key_vectors.initiator_static.public);
	struct cookie_keys r = keys_of(key_vectors.responder_static.public);

	assert_hex(i.mac1, 32, key_vectors.initiator_static.mac1_key);
	assert_hex(i.cookie, 32, key_vectors.initiator_static.cookie_key);
	assert_hex(r.mac1, 32, key_vectors.responder_static.mac1_key);
	assert_hex(r.cookie, 32, key_vectors.responder_static.cookie_key);
}

static void check_reply(size_t which, const char *message_hex, const char *public_hex,
			const char *from)
{
	struct cookie_maker maker = { .keys = keys_of(public_hex), .sent = true };
	struct cookie_checker checker = { .keys = keys_of(public_hex) };
	uint8_t message[WIRE_HANDSHAKE_MAX];
	size_t len = hex_read(message, sizeof(message), message_hex);
	struct endpoint end = end_of(from);
	struct wire_cookie reply;

	cookie_reply(&checker, &reply, message, len, &end, BORN, &from_vector);
	assert_hex(&reply, sizeof(reply), cookie_vectors.replies[which].message);
	memcpy(maker.last_mac1, message + len - sizeof(struct wire_macs), MAC_LEN);
	assert_true(cookie_take(&maker, &reply, BORN));
	assert_hex(maker.cookie, COOKIE_LEN, cookie_vectors.replies[which].cookie);
}

static void test_replies_equal_the_vectors(void **state)
{
	(void)state;
	const char *initiation = handshake_vectors[0].initiation.message;
	const char *responder = key_vectors.responder_static.public;

	assert_int_equal(cookie_vectors.n_replies, 3);
	check_reply(0, initiation, responder, "192.0.2.33:51820");
	check_reply(0, initiation, responder, "[::ffff:192.0.2.33]:51820"); /* dual-stack socket */
	check_reply(1, initiation, responder, "[2001:db8::1]:51820");
	check_reply(2, handshake_vectors[0].response.message, key_vectors.initiator_static.public,
		    "192.0.2.44:4500");
}

static void test_mac2_equals_the_vector(void **state)
{
	(void)state;
	struct door d;

	door_init(&d);
	d.maker.valid = true;
	d.maker.born = BORN;
	hex_read(d.maker.cookie, COOKIE_LEN, cookie_vectors.initiation_with_mac2.cookie);
	cookie_add_macs(&d.maker, &d.m, sizeof(d.m), BORN + 1);
	assert_hex(&d.m, sizeof(d.m), cookie_vectors.initiation_with_mac2.message);
	assert_true(cookie_mac2_ok(&d.checker, &d.m, sizeof(d.m), &d.from, BORN, &from_vector));
}

static void test_without_a_cookie_mac2_is_zero(void **state)
{
	(void)state;
	const uint8_t zero[MAC_LEN] = { 0 };
	struct door d;

	door_init(&d);
	memset(&d.m.macs, 0xff, sizeof(d.m.macs));
	cookie_add_macs(&d.maker, &d.m, sizeof(d.m), BORN);
	assert_hex(&d.m, sizeof(d.m), handshake_vectors[0].initiation.message);
	assert_memory_equal(d.m.macs.mac2, zero, MAC_LEN);
	assert_true(d.maker.sent);
	assert_memory_equal(d.maker.last_mac1, d.m.macs.mac1, MAC_LEN);
	assert_false(mac2_ok(&d, &d.from, BORN));
}

static void test_mac1_with_one_wrong_bit_is_refused(void **state)
{
	(void)state;
	struct door d;

	door_init(&d);
	assert_true(cookie_mac1_ok(&d.checker, &d.m, sizeof(d.m)));
	for (size_t bit = 0; bit < sizeof(d.m) * 8; bit++) {
		bool matters = bit / 8 < offsetof(struct wire_initiation, macs.mac2);

		hex_flip(&d.m, bit);
		assert_int_equal(cookie_mac1_ok(&d.checker, &d.m, sizeof(d.m)), !matters);
		hex_flip(&d.m, bit);
	}
	for (size_t bit = 0; bit < 256; bit++) {
		hex_flip(d.checker.keys.mac1, bit);
		assert_false(cookie_mac1_ok(&d.checker, &d.m, sizeof(d.m)));
		hex_flip(d.checker.keys.mac1, bit);
	}
}

static void test_mac2_with_one_wrong_bit_is_refused(void **state)
{
	(void)state;
	struct door d;

	door_init(&d);
	get_cookie(&d, &d.from, BORN);
	cookie_add_macs(&d.maker, &d.m, sizeof(d.m), BORN + 1);
	assert_true(mac2_ok(&d, &d.from, BORN + 1));
	for (size_t bit = 0; bit < sizeof(d.m) * 8; bit++) {
		hex_flip(&d.m, bit);
		assert_false(mac2_ok(&d, &d.from, BORN + 1));
		hex_flip(&d.m, bit);
	}
	for (size_t bit = 0; bit < 256; bit++) {
		hex_flip(d.checker.secret, bit);
		assert_false(mac2_ok(&d, &d.from, BORN + 1));
		hex_flip(d.checker.secret, bit);
	}
	assert_true(mac2_ok(&d, &d.from, BORN + 1));
}

static void test_mac2_from_another_address_or_port_is_refused(void **state)
{
	(void)state;
	struct endpoint six = end_of("[2001:db8::1]:51820");
	struct door d;

	door_init(&d);
	get_cookie(&d, &d.from, BORN);
	cookie_add_macs(&d.maker, &d.m, sizeof(d.m), BORN);
	for (size_t bit = 0; bit < 32; bit++) {
		hex_flip(&d.from.remote.v4.sin_addr, bit);
		assert_false(mac2_ok(&d, &d.from, BORN));
		hex_flip(&d.from.remote.v4.sin_addr, bit);
	}
	for (size_t bit = 0; bit < 16; bit++) {
		hex_flip(&d.from.remote.v4.sin_port, bit);
		assert_false(mac2_ok(&d, &d.from, BORN));
		hex_flip(&d.from.remote.v4.sin_port, bit);
	}
	assert_true(mac2_ok(&d, &d.from, BORN));

	get_cookie(&d, &six, BORN);
	cookie_add_macs(&d.maker, &d.m, sizeof(d.m), BORN);
	assert_true(mac2_ok(&d, &six, BORN));
	for (size_t bit = 0; bit < 128; bit++) {
		hex_flip(&six.remote.v6.sin6_addr, bit);
		assert_false(mac2_ok(&d, &six, BORN));
		hex_flip(&six.remote.v6.sin6_addr, bit);
	}
	for (size_t bit = 0; bit < 16; bit++) {
		hex_flip(&six.remote.v6.sin6_port, bit);
		assert_false(mac2_ok(&d, &six, BORN));
		hex_flip(&six.remote.v6.sin6_port, bit);
	}
}

static void test_reply_with_one_wrong_bit_is_refused(void **state)
{
	(void)state;
	struct wire_cookie reply;
	struct cookie_maker before;
	struct door d;

	door_init(&d);
	cookie_add_macs(&d.maker, &d.m, sizeof(d.m), BORN);
	cookie_reply(&d.checker, &reply, &d.m, sizeof(d.m), &d.from, BORN, &d.rng);
	before = d.maker;
	for (size_t bit = 64; bit < sizeof(reply) * 8; bit++) { /* nonce, cookie, tag */
		hex_flip(&reply, bit);
		assert_false(cookie_take(&d.maker, &reply, BORN));
		assert_memory_equal(&d.maker, &before, sizeof(before));
		hex_flip(&reply, bit);
	}
	for (size_t bit = 0; bit < 128; bit++) { /* it answers another message */
		hex_flip(d.maker.last_mac1, bit);
		assert_false(cookie_take(&d.maker, &reply, BORN));
		hex_flip(d.maker.last_mac1, bit);
	}
	for (size_t bit = 0; bit < 256; bit++) { /* it is from somebody else */
		hex_flip(d.maker.keys.cookie, bit);
		assert_false(cookie_take(&d.maker, &reply, BORN));
		hex_flip(d.maker.keys.cookie, bit);
	}
	assert_true(cookie_take(&d.maker, &reply, BORN));
}

static void test_one_reply_per_message_is_taken(void **state)
{
	(void)state;
	struct wire_cookie reply;
	struct door d;

	door_init(&d);
	cookie_add_macs(&d.maker, &d.m, sizeof(d.m), BORN);
	cookie_reply(&d.checker, &reply, &d.m, sizeof(d.m), &d.from, BORN, &d.rng);
	assert_true(cookie_take(&d.maker, &reply, BORN));
	assert_false(cookie_take(&d.maker, &reply, BORN + 1));
	assert_int_equal(d.maker.born, BORN);
	/* The next message opens the door again, for a reply to it only. */
	d.m.sender[0] ^= 1;
	cookie_add_macs(&d.maker, &d.m, sizeof(d.m), BORN);
	assert_false(cookie_take(&d.maker, &reply, BORN));
	get_cookie(&d, &d.from, BORN);
}

static void test_a_reply_nobody_asked_for_is_refused(void **state)
{
	(void)state;
	struct wire_cookie reply;
	struct door d;

	door_init(&d);
	cookie_reply(&d.checker, &reply, &d.m, sizeof(d.m), &d.from, BORN, &d.rng);
	memcpy(d.maker.last_mac1, d.m.macs.mac1, MAC_LEN);
	assert_false(cookie_take(&d.maker, &reply, BORN));
	assert_false(d.maker.valid);
}

static void test_cookie_is_used_for_115_s_exactly(void **state)
{
	(void)state;
	const uint8_t zero[MAC_LEN] = { 0 };
	struct door d;

	door_init(&d);
	get_cookie(&d, &d.from, BORN);
	cookie_add_macs(&d.maker, &d.m, sizeof(d.m), BORN - 1); /* clocks of two calls may cross */
	assert_true(mac2_ok(&d, &d.from, BORN));
	cookie_add_macs(&d.maker, &d.m, sizeof(d.m), BORN + 115 * SECOND_NS - 1);
	assert_true(mac2_ok(&d, &d.from, BORN + 115 * SECOND_NS - 1));
	cookie_add_macs(&d.maker, &d.m, sizeof(d.m), BORN + 115 * SECOND_NS);
	assert_memory_equal(d.m.macs.mac2, zero, MAC_LEN);
	assert_false(d.maker.valid);
	assert_memory_equal(d.maker.cookie, zero, COOKIE_LEN);
}

static void test_secret_changes_at_120_s_exactly(void **state)
{
	(void)state;
	uint8_t secret[32];
	struct door d;

	door_init(&d);
	get_cookie(&d, &d.from, BORN);
	memcpy(secret, d.checker.secret, sizeof(secret));
	cookie_add_macs(&d.maker, &d.m, sizeof(d.m), BORN + 1);
	assert_true(mac2_ok(&d, &d.from, BORN + 120 * SECOND_NS - 1));
	assert_memory_equal(secret, d.checker.secret, sizeof(secret));
	assert_false(mac2_ok(&d, &d.from, BORN + 120 * SECOND_NS));
	assert_memory_not_equal(secret, d.checker.secret, sizeof(secret));
	assert_false(mac2_ok(&d, &d.from, BORN + 120 * SECOND_NS + 1));
	get_cookie(&d, &d.from, BORN + 120 * SECOND_NS);
	cookie_add_macs(&d.maker, &d.m, sizeof(d.m), BORN + 121 * SECOND_NS);
	assert_true(mac2_ok(&d, &d.from, BORN + 240 * SECOND_NS - 1));
}

static void test_nonces_differ_from_reply_to_reply(void **state)
{
	(void)state;
	struct wire_cookie one, two;
	struct door d;

	door_init(&d);
	cookie_reply(&d.checker, &one, &d.m, sizeof(d.m), &d.from, BORN, &d.rng);
	cookie_reply(&d.checker, &two, &d.m, sizeof(d.m), &d.from, BORN, &d.rng);
	assert_memory_not_equal(one.nonce, two.nonce, sizeof(one.nonce));
	assert_memory_not_equal(one.sealed_cookie, two.sealed_cookie, sizeof(one.sealed_cookie));
}

static int set_up(void **state)
{
	(void)state;
	return forced_aead();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys_follow_from_the_public_key),
		cmocka_unit_test(test_replies_equal_the_vectors),
		cmocka_unit_test(test_mac2_equals_the_vector),
		cmocka_unit_test(test_without_a_cookie_mac2_is_zero),
		cmocka_unit_test(test_mac1_with_one_wrong_bit_is_refused),
		cmocka_unit_test(test_mac2_with_one_wrong_bit_is_refused),
		cmocka_unit_test(test_mac2_from_another_address_or_port_is_refused),
		cmocka_unit_test(test_reply_with_one_wrong_bit_is_refused),
		cmocka_unit_test(test_one_reply_per_message_is_taken),
		cmocka_unit_test(test_a_reply_nobody_asked_for_is_refused),
		cmocka_unit_test(test_cookie_is_used_for_115_s_exactly),
		cmocka_unit_test(test_secret_changes_at_120_s_exactly),
		cmocka_unit_test(test_nonces_differ_from_reply_to_reply),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
