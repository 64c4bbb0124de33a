/* SPDX-License-Identifier: ISC */
#include "crypto/kdf.h"

#include "base/bytes.h"
#include "hex.h"
#include "vectors.h"

/* A key of n <= 64 bytes is padded with zeros anyway, so the short ones fit kdf(). */
static size_t read_kdf(size_t i, uint8_t key[32], uint8_t *input, size_t size)
{
	memset(key, 0, 32);
	hex_read(key, 32, kdf_vectors[i].key);
	return hex_read(input, size, kdf_vectors[i].input);
}

static void test_kdf_known_answers(void **state)
{
	uint8_t key[32], input[512], t1[32], t2[32], t3[32];
	size_t i, len;

	(void)state;
	for (i = 0; i < LEN(kdf_vectors); i++) {
		len = read_kdf(i, key, input, sizeof(input));
		kdf(t1, t2, t3, key, input, len);
		assert_hex(t1, 32, kdf_vectors[i].t1);
		assert_hex(t2, 32, kdf_vectors[i].t2);
		assert_hex(t3, 32, kdf_vectors[i].t3);
	}
}

static void test_outputs_not_wanted_do_not_change_the_others(void **state)
{
	uint8_t key[32], input[512], t1[32], t2[32], t3[32];
	size_t i, len;

	(void)state;
	for (i = 0; i < LEN(kdf_vectors); i++) {
		len = read_kdf(i, key, input, sizeof(input));
		kdf(t1, NULL, NULL, key, input, len);
		assert_hex(t1, 32, kdf_vectors[i].t1);
		kdf(t1, t2, NULL, key, input, len);
		assert_hex(t1, 32, kdf_vectors[i].t1);
		assert_hex(t2, 32, kdf_vectors[i].t2);
		kdf(t1, NULL, t3, key, input, len);
		assert_hex(t3, 32, kdf_vectors[i].t3);
	}
}

static void test_an_output_may_be_the_memory_of_the_key_or_the_input(void **state)
{
	uint8_t key[32], input[512], other[32], more[32];
	size_t i, len;

	(void)state;
	for (i = 0; i < LEN(kdf_vectors); i++) {
		len = read_kdf(i, key, input, sizeof(input));
		kdf(key, other, more, key, input, len);
		assert_hex(key, 32, kdf_vectors[i].t1);
		assert_hex(other, 32, kdf_vectors[i].t2);
		assert_hex(more, 32, kdf_vectors[i].t3);

		len = read_kdf(i, key, input, sizeof(input));
		kdf(other, key, input, key, input, len);
		assert_hex(other, 32, kdf_vectors[i].t1);
		assert_hex(key, 32, kdf_vectors[i].t2);
		assert_hex(input, 32, kdf_vectors[i].t3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kdf_known_answers),
		cmocka_unit_test(test_outputs_not_wanted_do_not_change_the_others),
		cmocka_unit_test(test_an_output_may_be_the_memory_of_the_key_or_the_input),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
