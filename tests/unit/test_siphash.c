/* SPDX-License-Identifier: ISC */
#include "crypto/siphash.h"

#include "base/bytes.h"
#include "hex.h"

static void test_reference_vectors(void **state)
{
	/* Messages 00, 00 01, ... under the key 00 01 ... 0f, from the authors' vectors. */
	static const char *const want[] = {
		"310e0edd47db6f72", "fd67dc93c539f874", "5a4fa9d909806c0d",
		"2d7efbd796666785", "b7877127e09427cf", "8da699cd64557618",
		"cee3fe586e46c9cb", "37d1018bf50002ab", "6224939a79f5f593",
	};
	struct siphash_key key;
	uint8_t data[16], out[8];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(data); i++)
		key.bytes[i] = data[i] = (uint8_t)i;
	for (i = 0; i < LEN(want); i++) {
		store_le64(out, siphash(&key, data, i));
		assert_hex(out, sizeof(out), want[i]);
	}
	assert_true(siphash(&key, data, 15) == UINT64_C(0xa129ca6149be45e5));
}

static void test_any_bit_of_the_key_changes_the_hash(void **state)
{
	struct siphash_key key = { { 0 } };
	uint64_t want = siphash(&key, "abc", 3);
	size_t bit;

	(void)state;
	for (bit = 0; bit < sizeof(key) * 8; bit++) {
		hex_flip(key.bytes, bit);
		assert_true(siphash(&key, "abc", 3) != want);
		hex_flip(key.bytes, bit);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reference_vectors),
		cmocka_unit_test(test_any_bit_of_the_key_changes_the_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
