/* SPDX-License-Identifier: ISC */
#include "base/key.h"

#include "base/bytes.h"
#include "hex.h"
#include "vectors.h"

static const char sample[] = "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=";

static void test_base64_of_known_keys_reads_and_prints_both_ways(void **state)
{
	char text[KEY_BASE64_LEN + 1];
	struct key key;
	size_t i;

	(void)state;
	for (i = 0; i < LEN(low_order_vectors); i++) {
		assert_true(key_from_base64(&key, low_order_vectors[i].base64, KEY_BASE64_LEN));
		assert_hex(key.bytes, KEY_LEN, low_order_vectors[i].hex);
		key_to_base64(text, &key);
		assert_string_equal(text, low_order_vectors[i].base64);
	}
	for (i = 0; i < LEN(base64_key_vectors); i++) {
		assert_true(key_from_base64(&key, base64_key_vectors[i].base64, KEY_BASE64_LEN));
		assert_hex(key.bytes, KEY_LEN, base64_key_vectors[i].hex);
		key_to_base64(text, &key);
		assert_string_equal(text, base64_key_vectors[i].base64);
	}
}

static void test_base64_reads_only_as_many_characters_as_it_was_given(void **state)
{
	char text[64];
	struct key key;

	(void)state;
	snprintf(text, sizeof(text), "%s\n", sample);
	assert_true(key_from_base64(&key, text, KEY_BASE64_LEN));
	assert_false(key_from_base64(&key, text, KEY_BASE64_LEN + 1));
	assert_false(key_from_base64(&key, text, KEY_BASE64_LEN - 1));
	assert_false(key_from_base64(&key, text, 0));
}

static void test_invalid_base64_is_refused_and_leaves_the_key_alone(void **state)
{
	struct key key;
	size_t i;

	(void)state;
	memset(&key, 0x55, sizeof(key));
	for (i = 0; i < LEN(base64_invalid_vectors); i++) {
		const char *text = base64_invalid_vectors[i];

		assert_false(key_from_base64(&key, text, strlen(text)));
	}
	for (i = 0; i < KEY_LEN; i++)
		assert_int_equal(key.bytes[i], 0x55);
}

/* What a character of base64 stands for, by search: slow, obvious, and not the code under test. */
static int sextet(unsigned char c)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(alphabet, c) : NULL;

	return at ? (int)(at - alphabet) : -1;
}

static void test_each_of_256_characters_is_judged_right_at_each_place(void **state)
{
	char text[KEY_BASE64_LEN + 1], back[KEY_BASE64_LEN + 1];
	struct key key;
	unsigned c;
	size_t at;

	(void)state;
	for (at = 0; at < KEY_BASE64_LEN; at++) {
		for (c = 0; c < 256; c++) {
			int value = sextet((unsigned char)c);
			bool valid = value >= 0;

			if (at == 42) /* two of its bits are spare */
				valid = valid && (value & 3) == 0;
			if (at == 43)
				valid = c == '=';
			memcpy(text, sample, sizeof(text));
			text[at] = (char)c;
			assert_int_equal(key_from_base64(&key, text, KEY_BASE64_LEN), valid);
			if (!valid)
				continue;
			key_to_base64(back, &key);
			assert_memory_equal(back, text, KEY_BASE64_LEN);
		}
	}
}

static void test_hex_takes_either_case_and_prints_lower_case(void **state)
{
	static const char lower[] =
		"c809f3e5317e9575c9b5ed78b638b7ce530dabe85ddab614220241801ddf0669";
	static const char upper[] =
		"C809F3E5317E9575C9B5ED78B638B7CE530DABE85DDAB614220241801DDF0669";
	char text[KEY_HEX_LEN + 1];
	struct key key, other;

	(void)state;
	assert_true(key_from_hex(&key, lower, KEY_HEX_LEN));
	assert_true(key_from_hex(&other, upper, KEY_HEX_LEN));
	assert_hex(key.bytes, KEY_LEN, lower);
	assert_true(key_equal(&key, &other));
	key_to_hex(text, &other);
	assert_string_equal(text, lower);
}

static void test_each_of_256_characters_is_judged_right_in_hex(void **state)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	char text[KEY_HEX_LEN + 1];
	struct key key;
	unsigned c;
	size_t at;

	(void)state;
	for (at = 0; at < KEY_HEX_LEN; at++) {
		for (c = 0; c < 256; c++) {
			bool valid = c && strchr(digits, (int)c);

			memset(text, '0', KEY_HEX_LEN);
			text[at] = (char)c;
			memset(&key, 0x55, sizeof(key));
			assert_int_equal(key_from_hex(&key, text, KEY_HEX_LEN), valid);
			/* A byte that no digit at this place can change. */
			assert_int_equal(key.bytes[at / 2 ? 0 : 31], valid ? 0 : 0x55);
		}
	}
	assert_false(key_from_hex(&key, text, KEY_HEX_LEN - 1));
	assert_false(key_from_hex(&key, text, 0));
}

static void test_keys_that_differ_in_any_one_bit_are_not_equal(void **state)
{
	struct key a, b, zero = { 0 };
	size_t bit;

	(void)state;
	memset(&a, 0xa5, sizeof(a));
	b = a;
	assert_true(key_equal(&a, &b));
	assert_true(key_is_zero(&zero));
	for (bit = 0; bit < KEY_LEN * 8; bit++) {
		hex_flip(&b, bit);
		assert_false(key_equal(&a, &b));
		hex_flip(&b, bit);
		hex_flip(&zero, bit);
		assert_false(key_is_zero(&zero));
		hex_flip(&zero, bit);
	}
	assert_true(key_equal(&a, &b));
}

static void test_clamp_makes_a_private_key(void **state)
{
	struct key key;
	size_t i;

	(void)state;
	for (i = 0; i < LEN(clamp_vectors); i++) {
		hex_read(key.bytes, KEY_LEN, clamp_vectors[i].raw);
		key_clamp(&key);
		assert_hex(key.bytes, KEY_LEN, clamp_vectors[i].clamped);
		key_clamp(&key);
		assert_hex(key.bytes, KEY_LEN, clamp_vectors[i].clamped);
	}
}

static void test_what_begins_with_put_is_no_key(void **state)
{
	static const struct {
		const char *text;
		bool is;
	} table[] = {
		{ "put/your/own/private/key/here/////////////0=", true },
		{ "put/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", true },
		/* the first, as wg shows it once in use */
		{ "oOt/your/own/private/key/here/////////////0=", true },
		{ "oOt/yourAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEA=", true },
		/* a key like many others */
		{ "oOt/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEA=", false },
		{ "Put/your/own/private/key/here/////////////0=", false },
		{ "puT/your/own/private/key/here/////////////0=", false },
		{ "put+your/own/private/key/here/////////////0=", false },
		{ "AAAAput/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", false },
		{ "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", false },
	};
	struct key key;
	size_t i;

	(void)state;
	for (i = 0; i < LEN(table); i++) {
		assert_true(key_from_base64(&key, table[i].text, KEY_BASE64_LEN));
		if (key_is_placeholder(&key) != table[i].is)
			fail_msg("%s", table[i].text);
	}
	/* Each bit of the first three bytes counts, and no other. */
	assert_true(key_from_base64(&key, table[1].text, KEY_BASE64_LEN));
	for (i = 0; i < KEY_LEN * 8; i++) {
		hex_flip(&key, i);
		assert_true(key_is_placeholder(&key) == (i >= 24));
		hex_flip(&key, i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_base64_of_known_keys_reads_and_prints_both_ways),
		cmocka_unit_test(test_base64_reads_only_as_many_characters_as_it_was_given),
		cmocka_unit_test(test_invalid_base64_is_refused_and_leaves_the_key_alone),
		cmocka_unit_test(test_each_of_256_characters_is_judged_right_at_each_place),
		cmocka_unit_test(test_hex_takes_either_case_and_prints_lower_case),
		cmocka_unit_test(test_each_of_256_characters_is_judged_right_in_hex),
		cmocka_unit_test(test_keys_that_differ_in_any_one_bit_are_not_equal),
		cmocka_unit_test(test_clamp_makes_a_private_key),
		cmocka_unit_test(test_what_begins_with_put_is_no_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
