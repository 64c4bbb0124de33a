/* SPDX-License-Identifier: ISC */
#include "crypto/blake2s.h"

#include "base/bytes.h"
#include "hex.h"
#include "vectors.h"

static void test_known_answers(void **state)
{
	uint8_t key[BLAKE2S_KEY_MAX], data[512], out[BLAKE2S_LEN];
	size_t i, key_len, len;

	(void)state;
	for (i = 0; i < LEN(blake2s_vectors); i++) {
		key_len = hex_read(key, sizeof(key), blake2s_vectors[i].key);
		len = hex_read(data, sizeof(data), blake2s_vectors[i].data);
		blake2s(out, blake2s_vectors[i].outlen, key, key_len, data, len);
		assert_hex(out, blake2s_vectors[i].outlen, blake2s_vectors[i].digest);
	}
}

/* RFC 7693 appendix E: bytes for its grand hash. */
static void sequence(uint8_t *out, size_t len, uint32_t seed)
{
	uint32_t a = 0xdead4bad * seed, b = 1, t;
	size_t i;

	for (i = 0; i < len; i++) {
		t = a + b;
		a = b;
		b = t;
		out[i] = (uint8_t)(t >> 24);
	}
}

static void test_grand_hash_of_rfc_7693(void **state)
{
	static const size_t out_lens[] = { 16, 20, 28, 32 };
	static const size_t lens[] = { 0, 3, 64, 65, 255, 1024 };
	uint8_t in[1024], key[BLAKE2S_KEY_MAX], out[BLAKE2S_LEN];
	struct blake2s grand;
	size_t i, j;

	(void)state;
	blake2s_init(&grand, BLAKE2S_LEN, NULL, 0);
	for (i = 0; i < LEN(out_lens); i++) {
		for (j = 0; j < LEN(lens); j++) {
			sequence(in, lens[j], (uint32_t)lens[j]);
			blake2s(out, out_lens[i], NULL, 0, in, lens[j]);
			blake2s_add(&grand, out, out_lens[i]);
			sequence(key, out_lens[i], (uint32_t)out_lens[i]);
			blake2s(out, out_lens[i], key, out_lens[i], in, lens[j]);
			blake2s_add(&grand, out, out_lens[i]);
		}
	}
	blake2s_end(&grand, out);
	assert_hex(out, sizeof(out),
		   "6a411f08ce25adcdfb02aba641451cec53c598b24f4fc787fbdc88797f4c1dfe");
}

static void test_pieces_make_the_same_hash_as_the_whole(void **state)
{
	uint8_t in[200], key[32], want[BLAKE2S_LEN], is[BLAKE2S_LEN];
	size_t len, first, second, key_len;
	struct blake2s s;

	(void)state;
	sequence(in, sizeof(in), 1);
	sequence(key, sizeof(key), 2);
	for (key_len = 0; key_len <= 32; key_len += 32) {
		for (len = 0; len <= sizeof(in); len++) {
			blake2s(want, sizeof(want), key, key_len, in, len);
			for (first = 0; first <= len; first += 7) {
				second = (len - first) / 2;
				blake2s_init(&s, sizeof(is), key, key_len);
				blake2s_add(&s, in, first);
				blake2s_add(&s, in + first, second);
				blake2s_add(&s, in + first + second, len - first - second);
				blake2s_end(&s, is);
				assert_memory_equal(is, want, sizeof(is));
			}
		}
	}
}

static void test_end_writes_out_len_bytes_and_wipes_the_state(void **state)
{
	uint8_t out[BLAKE2S_LEN + 1], zero[sizeof(struct blake2s)] = { 0 };
	struct blake2s s;
	size_t len, i;

	(void)state;
	for (len = 1; len <= BLAKE2S_LEN; len++) {
		memset(out, 0x55, sizeof(out));
		blake2s_init(&s, len, "key", 3);
		blake2s_add(&s, "data", 4);
		blake2s_end(&s, out);
		for (i = len; i < sizeof(out); i++)
			assert_int_equal(out[i], 0x55);
		assert_memory_equal(&s, zero, sizeof(s));
	}
}

/* As if 4 GiB had gone before: both halves of the counter reach the hash. */
static void test_the_counter_has_64_bits(void **state)
{
	static const uint64_t before[] = { 0, 64, UINT64_C(1) << 32, UINT64_C(1) << 63 };
	uint8_t out[LEN(before)][BLAKE2S_LEN];
	struct blake2s s;
	size_t i, j;

	(void)state;
	for (i = 0; i < LEN(before); i++) {
		blake2s_init(&s, BLAKE2S_LEN, NULL, 0);
		s.t = before[i];
		blake2s_add(&s, "data", 4);
		blake2s_end(&s, out[i]);
		for (j = 0; j < i; j++)
			assert_memory_not_equal(out[i], out[j], BLAKE2S_LEN);
	}
}

static void test_any_bit_of_key_or_data_changes_the_mac(void **state)
{
	uint8_t key[32] = { 0 }, data[116] = { 0 }, want[16], is[16];
	size_t bit;

	(void)state;
	blake2s(want, sizeof(want), key, sizeof(key), data, sizeof(data));
	for (bit = 0; bit < sizeof(key) * 8; bit++) {
		hex_flip(key, bit);
		blake2s(is, sizeof(is), key, sizeof(key), data, sizeof(data));
		hex_flip(key, bit);
		assert_memory_not_equal(is, want, sizeof(is));
	}
	for (bit = 0; bit < sizeof(data) * 8; bit++) {
		hex_flip(data, bit);
		blake2s(is, sizeof(is), key, sizeof(key), data, sizeof(data));
		hex_flip(data, bit);
		assert_memory_not_equal(is, want, sizeof(is));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_answers),
		cmocka_unit_test(test_grand_hash_of_rfc_7693),
		cmocka_unit_test(test_pieces_make_the_same_hash_as_the_whole),
		cmocka_unit_test(test_end_writes_out_len_bytes_and_wipes_the_state),
		cmocka_unit_test(test_the_counter_has_64_bits),
		cmocka_unit_test(test_any_bit_of_key_or_data_changes_the_mac),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
