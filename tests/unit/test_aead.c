/* SPDX-License-Identifier: ISC */
#include "crypto/aead.h"

#include <errno.h>

#include "base/bytes.h"
#include "hex.h"
#include "vectors.h"

/* RFC 8439 appendix A.5: the one of its vectors whose nonce begins with four zero bytes. */
static const char rfc_key[] = "1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0";
static const uint64_t rfc_nonce = UINT64_C(0x0807060504030201);
static const char rfc_ad[] = "f33388860000000000004e91";
static const char rfc_plain[] =
	"Internet-Drafts are draft documents valid for a maximum of six months and may be updated, "
	"replaced, or obsoleted by other documents at any time. It is inappropriate to use "
	"Internet-Drafts as reference material or to cite them other than as "
	"/\xe2\x80\x9cwork in progress./\xe2\x80\x9d";
static const char rfc_sealed[] = "64a0861575861af460f062c79be643bd5e805cfd345cf389f108670ac76c8cb2"
				 "4c6cfc18755d43eea09ee94e382d26b0bdb7b73c321b0100d4f03b7f355894cf"
				 "332f830e710b97ce98c8a84abd0b948114ad176e008d33bd60f982b1ff37c855"
				 "9797a06ef4f0ef61c186324e2b3506383606907b6a7c02b0f9f6157b53c867e4"
				 "b9166c767b804d46a59b5216cde7a4e99040c5a40433225ee282a1b0a06c523e"
				 "af4534d7f83fa1155b0047718cbc546a0d072b04b3564eea1b422273f548271a"
				 "0bb2316053fa76991955ebd63159434ecebb4e466dae5a1073a6727627097a10"
				 "49e617d91d361094fa68f0ff77987130305beaba2eda04df997b714d6c6f2c29"
				 "a6ad5cb4022b02709beead9d67890cbb22392336fea1851f38";

enum { RFC_LEN = 265, LEN_MAX = 2048 };

/* Every backend that works here must pass every test; NULL after the last. */
static const struct aead_ops *usable_backend(size_t *i)
{
	const struct aead_ops *ops;
	const char *why;

	while ((ops = aead_backend((*i)++))) {
		if (ops->begin(&why))
			return ops;
	}
	return NULL;
}

static int set_up(void **state)
{
	(void)state;
	return aead_init(NULL);
}

static void test_known_answer_of_rfc_8439(void **state)
{
	uint8_t key[KEY_LEN], ad[12], sealed[RFC_LEN + AEAD_TAG], plain[RFC_LEN];

	(void)state;
	assert_int_equal(sizeof(rfc_plain) - 1, RFC_LEN);
	hex_read(key, sizeof(key), rfc_key);
	hex_read(ad, sizeof(ad), rfc_ad);
	aead_seal_one(sealed, (const uint8_t *)rfc_plain, RFC_LEN, ad, sizeof(ad), rfc_nonce, key);
	assert_hex(sealed, sizeof(sealed), rfc_sealed);
	assert_true(aead_open_one(plain, sealed, sizeof(sealed), ad, sizeof(ad), rfc_nonce, key));
	assert_memory_equal(plain, rfc_plain, RFC_LEN);
}

static void check_transport(const struct aead_ops *ops, const char *key_hex, uint64_t counter,
			    const char *plain_hex, size_t padded, const char *message_hex)
{
	uint8_t plain[256] = { 0 }, data[256] = { 0 }, message[256];
	struct key key = { .bytes = { 0 } };
	struct aead_job job = {
		.key = &key, .nonce = counter, .data = data, .len = (uint32_t)padded
	};
	size_t len = hex_read(message, sizeof(message), message_hex) - 16;

	hex_read(key.bytes, KEY_LEN, key_hex);
	hex_read(plain, sizeof(plain), plain_hex);
	memcpy(data, plain, padded);

	ops->seal(&job, 1);
	assert_int_equal(len, padded + AEAD_TAG);
	assert_memory_equal(data, message + 16, len);
	job.len = (uint32_t)len;
	ops->open(&job, 1);
	assert_true(job.authentic);
	assert_memory_equal(data, plain, padded);
}

static void test_known_transport_messages(void **state)
{
	const char *there[LEN(handshake_vectors)], *back[LEN(handshake_vectors)];
	const struct aead_ops *ops;
	size_t i = 0, h, t;

	(void)state;
	for (h = 0; h < LEN(handshake_vectors); h++) {
		there[h] = handshake_vectors[h].response.transport_key_initiator_to_responder;
		back[h] = handshake_vectors[h].response.transport_key_responder_to_initiator;
	}
	while ((ops = usable_backend(&i))) {
		for (h = 0; h < LEN(handshake_vectors); h++) {
			for (t = 0; t < handshake_vectors[h].n_transport; t++) {
				const char *what = handshake_vectors[h].transport[t].what;
				const char *key = there[h];

				if (strstr(what, "responder->initiator"))
					key = back[h];
				check_transport(ops, key, handshake_vectors[h].transport[t].counter,
						handshake_vectors[h].transport[t].plaintext,
						handshake_vectors[h].transport[t].padded_len,
						handshake_vectors[h].transport[t].message);
			}
		}
	}
}

static void test_packets_of_every_length_make_the_round_trip(void **state)
{
	static uint8_t data[LEN_MAX + AEAD_TAG + 1];
	const struct aead_ops *ops;
	struct key key = { .bytes = { 7 } };
	size_t i = 0, j;
	uint32_t len;

	(void)state;
	while ((ops = usable_backend(&i))) {
		for (len = 0; len <= LEN_MAX; len++) {
			struct aead_job job = {
				.key = &key, .nonce = len, .data = data, .len = len
			};

			for (j = 0; j < len; j++)
				data[j] = (uint8_t)(j * 7 + len);
			data[len + AEAD_TAG] = 0x55;
			ops->seal(&job, 1);
			assert_int_equal(data[len + AEAD_TAG], 0x55);
			job.len = len + AEAD_TAG;
			ops->open(&job, 1);
			assert_true(job.authentic);
			assert_int_equal(data[len + AEAD_TAG], 0x55);
			for (j = 0; j < len; j++)
				assert_int_equal(data[j], (uint8_t)(j * 7 + len));
		}
	}
}

/* Open a copy of what was sealed. */
static bool opens(const struct aead_ops *ops, const struct key *key, uint64_t nonce,
		  const uint8_t *sealed, uint32_t len)
{
	uint8_t copy[512];
	struct aead_job job = { .key = key, .nonce = nonce, .data = copy, .len = len };

	memcpy(copy, sealed, len);
	job.authentic = true; /* an answer from before must not count */
	ops->open(&job, 1);
	return job.authentic;
}

static void test_one_wrong_bit_anywhere_is_refused(void **state)
{
	static const uint32_t lens[] = { 0, 1, 16, 84, 96, 257 };
	const uint64_t nonce = UINT64_C(0x0123456789abcdef);
	const struct aead_ops *ops;
	uint8_t sealed[512];
	size_t i = 0, l, bit;

	(void)state;
	while ((ops = usable_backend(&i))) {
		struct key key = { .bytes = { 7 } };

		for (l = 0; l < LEN(lens); l++) {
			uint32_t len = lens[l] + AEAD_TAG;
			struct aead_job job = {
				.key = &key, .nonce = nonce, .data = sealed, .len = lens[l]
			};

			memset(sealed, 0x5a, sizeof(sealed));
			ops->seal(&job, 1);
			assert_true(opens(ops, &key, nonce, sealed, len));
			for (bit = 0; bit < len * 8u; bit++) {
				hex_flip(sealed, bit);
				assert_false(opens(ops, &key, nonce, sealed, len));
				hex_flip(sealed, bit);
			}
			for (bit = 0; bit < 64; bit++)
				assert_false(
					opens(ops, &key, nonce ^ UINT64_C(1) << bit, sealed, len));
			for (bit = 0; bit < KEY_LEN * 8; bit++) {
				struct key other = { .bytes = { 0 } };

				memcpy(other.bytes, key.bytes, KEY_LEN);
				hex_flip(other.bytes, bit);
				assert_false(opens(ops, &other, nonce, sealed, len));
			}
			assert_false(opens(ops, &key, nonce, sealed, len + 1));
			assert_false(opens(ops, &key, nonce, sealed, len - 1));
		}
	}
}

static void test_what_is_shorter_than_a_tag_is_refused(void **state)
{
	const uint8_t bytes[KEY_LEN] = { 0 };
	const struct aead_ops *ops;
	uint8_t out[AEAD_TAG];
	uint32_t len;
	size_t i = 0;

	(void)state;
	while ((ops = usable_backend(&i))) {
		struct key key = { .bytes = { 7 } };

		for (len = 0; len < AEAD_TAG; len++)
			assert_false(opens(ops, &key, 0, bytes, len));
	}
	for (len = 0; len < AEAD_TAG; len++)
		assert_false(aead_open_one(out, bytes, len, NULL, 0, 0, bytes));
}

static void test_one_wrong_bit_in_a_handshake_field_is_refused_and_wiped(void **state)
{
	uint8_t key[KEY_LEN] = { 1 }, ad[32] = { 2 }, in[28] = { 3 }, sealed[28 + AEAD_TAG],
		out[28];
	static const uint8_t zero[28];
	const struct {
		uint8_t *bytes;
		size_t len;
	} parts[] = { { key, sizeof(key) }, { ad, sizeof(ad) }, { sealed, sizeof(sealed) } };
	size_t i, bit;

	(void)state;
	aead_seal_one(sealed, in, sizeof(in), ad, sizeof(ad), 5, key);
	for (i = 0; i < LEN(parts); i++) {
		for (bit = 0; bit < parts[i].len * 8; bit++) {
			memset(out, 0x55, sizeof(out));
			hex_flip(parts[i].bytes, bit);
			assert_false(
				aead_open_one(out, sealed, sizeof(sealed), ad, sizeof(ad), 5, key));
			hex_flip(parts[i].bytes, bit);
			assert_memory_equal(out, zero, sizeof(out));
		}
	}
	for (bit = 0; bit < 64; bit++)
		assert_false(aead_open_one(out, sealed, sizeof(sealed), ad, sizeof(ad),
					   5 ^ UINT64_C(1) << bit, key));
	assert_false(aead_open_one(out, sealed, sizeof(sealed), ad, sizeof(ad) - 1, 5, key));
	assert_true(aead_open_one(out, sealed, sizeof(sealed), ad, sizeof(ad), 5, key));
	assert_memory_equal(out, in, sizeof(in));
}

static void test_a_batch_is_judged_packet_by_packet(void **state)
{
	enum { JOBS = 70, ROOM = 128 };
	static uint8_t data[JOBS][ROOM];
	static const struct key keys[2] = { { { 1 } }, { { 2 } } };
	struct aead_job jobs[JOBS];
	uint32_t i, j;

	(void)state;
	for (i = 0; i < JOBS; i++) {
		jobs[i] = (struct aead_job){
			.key = &keys[i % 2], .nonce = i, .data = data[i], .len = i
		};
		memset(data[i], (int)i, ROOM);
	}
	aead_seal(jobs, JOBS);
	for (i = 0; i < JOBS; i++) {
		jobs[i].len += AEAD_TAG;
		if (i % 3 == 0)
			data[i][i] ^= 0x10;
	}
	aead_open(jobs, JOBS);
	for (i = 0; i < JOBS; i++) {
		assert_int_equal(jobs[i].authentic, i % 3 != 0);
		for (j = 0; jobs[i].authentic && j < i; j++)
			assert_int_equal(data[i][j], i);
		for (j = i + AEAD_TAG; j < ROOM; j++)
			assert_int_equal(data[i][j], i);
	}
	aead_seal(NULL, 0);
	aead_open(NULL, 0);
}

static void test_init_takes_known_names_only(void **state)
{
	const char *why;
	size_t i = 0;

	(void)state;
	assert_int_equal(aead_init("no-such-backend"), -ENOENT);
	assert_int_equal(aead_init(""), -ENOENT);
	for (; aead_backend(i); i++) {
		if (!aead_backend(i)->begin(&why))
			continue;
		assert_int_equal(aead_init(aead_backend(i)->name), 0);
		assert_string_equal(aead_name(), aead_backend(i)->name);
	}
	assert_int_equal(aead_init("sodium"), 0);
	assert_string_equal(aead_name(), "sodium");
	assert_int_equal(aead_init(NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_answer_of_rfc_8439),
		cmocka_unit_test(test_known_transport_messages),
		cmocka_unit_test(test_packets_of_every_length_make_the_round_trip),
		cmocka_unit_test(test_one_wrong_bit_anywhere_is_refused),
		cmocka_unit_test(test_what_is_shorter_than_a_tag_is_refused),
		cmocka_unit_test(test_one_wrong_bit_in_a_handshake_field_is_refused_and_wiped),
		cmocka_unit_test(test_a_batch_is_judged_packet_by_packet),
		cmocka_unit_test(test_init_takes_known_names_only),
	};

	return cmocka_run_group_tests_name("aead", tests, set_up, NULL);
}
