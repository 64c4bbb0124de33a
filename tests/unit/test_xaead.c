/* SPDX-License-Identifier: ISC */
#include "crypto/xaead.h"

#include "base/bytes.h"
#include "hex.h"
#include "vectors.h"

/* draft-irtf-cfrg-xchacha-03, appendix A.3.1 */
static const char conftext_key[] =
	"808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f";
static const char conftext_nonce[] = "404142434445464748494a4b4c4d4e4f5051525354555657";
static const char conftext_ad[] = "50515253c0c1c2c3c4c5c6c7";
static const char conftext_plain[] =
	"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the "
	"future, sunscreen would be it.";
static const char conftext_sealed[] =
	"bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb"
	"731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452"
	"2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9"
	"21f9664c97637da9768812f615c68b13b52e"
	"c0875924c1c7987947deafd8780acf49";

static void test_known_answer_of_the_draft(void **state)
{
	uint8_t key[32], nonce[XAEAD_NONCE], ad[12], sealed[114 + XAEAD_TAG], plain[114];

	(void)state;
	hex_read(key, sizeof(key), conftext_key);
	hex_read(nonce, sizeof(nonce), conftext_nonce);
	hex_read(ad, sizeof(ad), conftext_ad);
	xaead_seal(sealed, (const uint8_t *)conftext_plain, sizeof(plain), ad, sizeof(ad), nonce,
		   key);
	assert_hex(sealed, sizeof(sealed), conftext_sealed);
	assert_true(xaead_open(plain, sealed, sizeof(sealed), ad, sizeof(ad), nonce, key));
	assert_memory_equal(plain, conftext_plain, sizeof(plain));
}

static void test_known_cookies(void **state)
{
	const char *cookie_keys[] = { key_vectors.responder_static.cookie_key,
				      key_vectors.responder_static.cookie_key,
				      key_vectors.initiator_static.cookie_key };
	uint8_t key[32], nonce[XAEAD_NONCE], ad[16], cookie[16], sealed[32], opened[16];
	size_t i;

	(void)state;
	assert_int_equal(cookie_vectors.n_replies, LEN(cookie_keys));
	hex_read(nonce, sizeof(nonce), cookie_vectors.nonce);
	for (i = 0; i < LEN(cookie_keys); i++) {
		hex_read(key, sizeof(key), cookie_keys[i]);
		hex_read(ad, sizeof(ad), cookie_vectors.replies[i].aad_mac1);
		hex_read(cookie, sizeof(cookie), cookie_vectors.replies[i].cookie);
		xaead_seal(sealed, cookie, sizeof(cookie), ad, sizeof(ad), nonce, key);
		assert_hex(sealed, sizeof(sealed), cookie_vectors.replies[i].encrypted_cookie);
		assert_true(xaead_open(opened, sealed, sizeof(sealed), ad, sizeof(ad), nonce, key));
		assert_memory_equal(opened, cookie, sizeof(cookie));
	}
}

static void test_one_wrong_bit_anywhere_is_refused_and_leaves_no_plaintext(void **state)
{
	uint8_t key[32] = { 1 }, nonce[XAEAD_NONCE] = { 2 }, ad[16] = { 3 }, in[16] = { 4 };
	uint8_t sealed[32], out[16];
	static const uint8_t zero[16];
	const struct {
		uint8_t *bytes;
		size_t len;
	} parts[] = { { key, sizeof(key) },
		      { nonce, sizeof(nonce) },
		      { ad, sizeof(ad) },
		      { sealed, sizeof(sealed) } };
	size_t i, bit;

	(void)state;
	xaead_seal(sealed, in, sizeof(in), ad, sizeof(ad), nonce, key);
	for (i = 0; i < LEN(parts); i++) {
		for (bit = 0; bit < parts[i].len * 8; bit++) {
			memset(out, 0x55, sizeof(out));
			hex_flip(parts[i].bytes, bit);
			assert_false(xaead_open(out, sealed, sizeof(sealed), ad, sizeof(ad), nonce,
						key));
			hex_flip(parts[i].bytes, bit);
			assert_memory_equal(out, zero, sizeof(out));
		}
	}
	assert_true(xaead_open(out, sealed, sizeof(sealed), ad, sizeof(ad), nonce, key));
}

static void test_what_is_shorter_than_a_tag_is_refused(void **state)
{
	uint8_t key[32] = { 0 }, nonce[XAEAD_NONCE] = { 0 }, sealed[XAEAD_TAG], out[16];
	size_t len;

	(void)state;
	xaead_seal(sealed, NULL, 0, NULL, 0, nonce, key);
	assert_true(xaead_open(out, sealed, XAEAD_TAG, NULL, 0, nonce, key));
	for (len = 0; len < XAEAD_TAG; len++)
		assert_false(xaead_open(out, sealed, len, NULL, 0, nonce, key));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_answer_of_the_draft),
		cmocka_unit_test(test_known_cookies),
		cmocka_unit_test(test_one_wrong_bit_anywhere_is_refused_and_leaves_no_plaintext),
		cmocka_unit_test(test_what_is_shorter_than_a_tag_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
