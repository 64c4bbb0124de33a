/* SPDX-License-Identifier: ISC */
#include "crypto/dh.h"

#include "base/bytes.h"
#include "hex.h"
#include "vectors.h"

static struct key key_of(const char *hex)
{
	struct key key;

	assert_int_equal(hex_read(key.bytes, KEY_LEN, hex), KEY_LEN);
	return key;
}

static void assert_dh(const char *secret, const char *public, const char *want)
{
	struct key a = key_of(secret), b = key_of(public), out;

	assert_true(dh(&out, &a, &b));
	assert_hex(out.bytes, KEY_LEN, want);
}

static void test_known_answers_of_rfc_7748(void **state)
{
	(void)state;
	assert_dh("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
		  "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
		  "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552");
	/* The top bit of this public key is set, and does not count. */
	assert_dh("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
		  "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
		  "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957");
}

static void test_a_thousand_rounds_of_rfc_7748(void **state)
{
	struct key k = { { 9 } }, u = { { 9 } }, out;
	int i;

	(void)state;
	for (i = 1; i <= 1000; i++) {
		assert_true(dh(&out, &k, &u));
		u = k;
		k = out;
		if (i == 1)
			assert_hex(
				k.bytes, KEY_LEN,
				"422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079");
	}
	assert_hex(k.bytes, KEY_LEN,
		   "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51");
}

static void test_public_keys_of_the_vectors(void **state)
{
	const struct {
		const char *secret, *public;
	} pairs[] = {
		{ key_vectors.initiator_static.private, key_vectors.initiator_static.public },
		{ key_vectors.responder_static.private, key_vectors.responder_static.public },
		{ key_vectors.initiator_ephemeral.private, key_vectors.initiator_ephemeral.public },
		{ key_vectors.responder_ephemeral.private, key_vectors.responder_ephemeral.public },
	};
	struct key secret, public;
	size_t i;

	(void)state;
	for (i = 0; i < LEN(pairs); i++) {
		secret = key_of(pairs[i].secret);
		dh_public(&public, &secret);
		assert_hex(public.bytes, KEY_LEN, pairs[i].public);
		dh_public(&secret, &secret); /* in place */
		assert_true(key_equal(&secret, &public));
	}
	for (i = 0; i < LEN(base64_key_vectors); i++) {
		secret = key_of(base64_key_vectors[i].hex);
		dh_public(&public, &secret);
		assert_true(key_from_base64(&secret, base64_key_vectors[i].public_base64,
					    KEY_BASE64_LEN));
		assert_true(key_equal(&secret, &public));
	}
}

static void test_shared_secrets_of_the_handshakes_from_both_sides(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < LEN(handshake_vectors); i++) {
		const char *es = handshake_vectors[i].initiation.dh_es;
		const char *ss = handshake_vectors[i].initiation.dh_ss;
		const char *ee = handshake_vectors[i].response.dh_ee;
		const char *se = handshake_vectors[i].response.dh_se;

		assert_dh(key_vectors.initiator_ephemeral.private,
			  key_vectors.responder_static.public, es);
		assert_dh(key_vectors.responder_static.private,
			  key_vectors.initiator_ephemeral.public, es);
		assert_dh(key_vectors.initiator_static.private, key_vectors.responder_static.public,
			  ss);
		assert_dh(key_vectors.responder_static.private, key_vectors.initiator_static.public,
			  ss);
		assert_dh(key_vectors.initiator_ephemeral.private,
			  key_vectors.responder_ephemeral.public, ee);
		assert_dh(key_vectors.responder_ephemeral.private,
			  key_vectors.initiator_ephemeral.public, ee);
		assert_dh(key_vectors.initiator_static.private,
			  key_vectors.responder_ephemeral.public, se);
		assert_dh(key_vectors.responder_ephemeral.private,
			  key_vectors.initiator_static.public, se);
	}
}

static void test_all_low_order_public_keys_are_refused(void **state)
{
	const char *secrets[] = {
		key_vectors.initiator_static.private,
		key_vectors.responder_ephemeral.private,
		"0000000000000000000000000000000000000000000000000000000000000000",
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	};
	size_t i, j;

	(void)state;
	assert_int_equal(LEN(low_order_vectors), 14);
	for (i = 0; i < LEN(low_order_vectors); i++) {
		for (j = 0; j < LEN(secrets); j++) {
			struct key secret = key_of(secrets[j]), out;
			struct key public = key_of(low_order_vectors[i].hex);

			memset(&out, 0x55, sizeof(out));
			assert_false(dh(&out, &secret, &public));
			assert_true(key_is_zero(&out));
			/* Also when out is one of the inputs. */
			assert_false(dh(&public, &secret, &public));
			assert_true(key_is_zero(&public));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_answers_of_rfc_7748),
		cmocka_unit_test(test_a_thousand_rounds_of_rfc_7748),
		cmocka_unit_test(test_public_keys_of_the_vectors),
		cmocka_unit_test(test_shared_secrets_of_the_handshakes_from_both_sides),
		cmocka_unit_test(test_all_low_order_public_keys_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
