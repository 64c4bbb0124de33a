/* SPDX-License-Identifier: ISC */
#include "crypto/keygen.h"

#include "base/bytes.h"
#include "crypto/dh.h"
#include "hex.h"

/* A private key whose public key begins with "put/": one in 16 million has. */
#define UNLUCKY "38917b0000000000010000000000000000000000000000000000000000000040"
#define PUT     "a6eb7f3c4ee87c4b643a9735189b29122b541e6a9689bbb111283c72e8c4925a"
#define YOUR    "a0eb7fca8bab0000000000000000000000000000000000000000000000000040"
#define GOOD    "a8eb7fca8bab0000000000000000000000000000000000000000000000000040"

struct script {
	const char *keys[4];
	size_t asked;
};

static void follow(void *ctx, void *out, size_t len)
{
	struct script *script = ctx;

	assert_int_equal(len, KEY_LEN);
	assert_true(script->asked < LEN(script->keys));
	hex_read(out, len, script->keys[script->asked++]);
}

static void test_no_key_pair_looks_like_a_placeholder(void **state)
{
	struct script script = { .keys = { UNLUCKY, YOUR, GOOD } };
	const struct rng rng = { .fill = follow, .ctx = &script };
	struct key private_key, public_key, unlucky;

	(void)state;
	hex_read(unlucky.bytes, KEY_LEN, UNLUCKY);
	dh_public(&public_key, &unlucky);
	assert_hex(public_key.bytes, KEY_LEN, PUT);

	keygen_pair(&private_key, &public_key, &rng);
	assert_int_equal(script.asked, 3);
	assert_hex(private_key.bytes, KEY_LEN, GOOD);
}

static void test_no_preshared_key_looks_like_a_placeholder(void **state)
{
	struct script script = { .keys = { PUT, GOOD } };
	const struct rng rng = { .fill = follow, .ctx = &script };
	struct key psk;

	(void)state;
	keygen_psk(&psk, &rng);
	assert_int_equal(script.asked, 2);
	assert_hex(psk.bytes, KEY_LEN, GOOD);
}

static void test_a_pair_is_clamped_and_belongs_together(void **state)
{
	struct key private_key, public_key, want;

	(void)state;
	keygen_pair(&private_key, &public_key, &rng_system);
	want = private_key;
	key_clamp(&want);
	assert_true(key_equal(&want, &private_key));
	dh_public(&want, &private_key);
	assert_true(key_equal(&want, &public_key));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_key_pair_looks_like_a_placeholder),
		cmocka_unit_test(test_no_preshared_key_looks_like_a_placeholder),
		cmocka_unit_test(test_a_pair_is_clamped_and_belongs_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
