/* SPDX-License-Identifier: ISC */
#include "crypto/aead_check.h"

#include "base/bytes.h"
#include "crypto/blake2s.h"

enum { DIGEST = 16, LEN_MAX = 1420, ALIKE_MAX = 2048 };

/*
 * A packet of each length, its bytes given by pattern(); the answer is the
 * BLAKE2s-128 of ciphertext and tag, as an independent implementation has it.
 */
static const struct known {
	uint32_t len;
	uint64_t nonce;
	uint8_t digest[DIGEST];
} known[] = {
	{ 0,
	  UINT64_C(0x0),
	  { 0xcf, 0xb7, 0x0d, 0x73, 0xcd, 0x14, 0xfc, 0x2a, 0xb3, 0xf1, 0x51, 0x1b, 0x4a, 0x04,
	    0xe7, 0x6b } },
	{ 1,
	  UINT64_C(0x1),
	  { 0xbb, 0xee, 0x13, 0x48, 0x43, 0x65, 0x10, 0x49, 0x85, 0x98, 0x3b, 0x3e, 0xef, 0x80,
	    0x8c, 0xa7 } },
	{ 16,
	  UINT64_C(0xff),
	  { 0xa5, 0x75, 0x5a, 0xf3, 0x2e, 0x6d, 0x55, 0x46, 0xd6, 0xc1, 0xbc, 0xba, 0x54, 0x9b,
	    0xec, 0x8a } },
	{ 63,
	  UINT64_C(0xffffffff),
	  { 0xdb, 0x82, 0xb8, 0x5a, 0x4a, 0x91, 0xa5, 0xf1, 0xee, 0x13, 0x0b, 0x83, 0x50, 0xa2,
	    0xd0, 0x02 } },
	{ 64,
	  UINT64_C(0x100000000),
	  { 0x26, 0x9c, 0xbd, 0x5b, 0xbd, 0xcf, 0x55, 0x9a, 0x63, 0xb1, 0x91, 0xa9, 0xf6, 0x14,
	    0xfb, 0xa2 } },
	{ 65,
	  UINT64_C(0x102030405060708),
	  { 0x2f, 0xae, 0xbe, 0x49, 0x7d, 0x9b, 0x52, 0x13, 0x96, 0xfd, 0xbc, 0x24, 0x1e, 0x14,
	    0xb5, 0xe8 } },
	{ 96,
	  UINT64_C(0x8000000000000000),
	  { 0x14, 0xf3, 0x93, 0xe9, 0x01, 0xe9, 0x1d, 0x43, 0x09, 0x5b, 0x07, 0x56, 0x3d, 0x01,
	    0xb9, 0xd4 } },
	{ 1420,
	  UINT64_C(0xffffffffffffdffe),
	  { 0x58, 0x3b, 0x75, 0xf7, 0xa1, 0xdb, 0x8f, 0xba, 0x42, 0x2f, 0xb4, 0xfd, 0x60, 0xe7,
	    0xc7, 0x7b } },
};

struct bench {
	struct key keys[2];
	struct aead_job jobs[LEN(known)];
	uint8_t data[LEN(known)][LEN_MAX + AEAD_TAG];
};

static uint8_t pattern(size_t i, size_t j)
{
	return (uint8_t)(i * 31 + j * 7 + 1);
}

static void key_pattern(struct key *key, size_t k)
{
	size_t j;

	for (j = 0; j < sizeof(key->bytes); j++)
		key->bytes[j] = (uint8_t)(k * 0x55 + j * 3);
}

/* Jobs to seal the patterns, or to open what has been sealed. */
static void set_up(struct bench *b, bool sealed)
{
	size_t i, j;

	for (i = 0; i < LEN(known); i++) {
		b->jobs[i] = (struct aead_job){ .key = &b->keys[i % 2],
						.nonce = known[i].nonce,
						.data = b->data[i],
						.len = known[i].len + (sealed ? AEAD_TAG : 0),
						.authentic = false };
		for (j = 0; !sealed && j < known[i].len; j++)
			b->data[i][j] = pattern(i, j);
	}
}

static bool seals(const struct aead_ops *ops, struct bench *b)
{
	uint8_t digest[DIGEST];
	size_t i;

	set_up(b, false);
	ops->seal(b->jobs, LEN(known));
	for (i = 0; i < LEN(known); i++) {
		blake2s(digest, DIGEST, NULL, 0, b->data[i], known[i].len + AEAD_TAG);
		if (memcmp(digest, known[i].digest, DIGEST) != 0)
			return false;
	}
	return true;
}

static bool opens(const struct aead_ops *ops, struct bench *b)
{
	size_t i, j;

	set_up(b, true);
	ops->open(b->jobs, LEN(known));
	for (i = 0; i < LEN(known); i++) {
		if (!b->jobs[i].authentic)
			return false;
		for (j = 0; j < known[i].len; j++) {
			if (b->data[i][j] != pattern(i, j))
				return false;
		}
	}
	return true;
}

/* Every second packet is damaged by one bit: alternately in its first byte and in its last. */
static bool refuses(const struct aead_ops *ops, struct bench *b, size_t odd)
{
	size_t i;

	set_up(b, false);
	ops->seal(b->jobs, LEN(known));
	set_up(b, true);
	for (i = odd; i < LEN(known); i += 2)
		b->data[i][i & 2 ? 0 : b->jobs[i].len - 1] ^= (uint8_t)(1u << i);
	ops->open(b->jobs, LEN(known));
	for (i = 0; i < LEN(known); i++) {
		if (b->jobs[i].authentic == (i % 2 == odd))
			return false;
	}
	return true;
}

bool aead_check(const struct aead_ops *ops)
{
	struct bench b = { 0 };

	key_pattern(&b.keys[0], 0);
	key_pattern(&b.keys[1], 1);
	return seals(ops, &b) && opens(ops, &b) && refuses(ops, &b, 0) && refuses(ops, &b, 1);
}

/* It seals what the reference seals, and opens what the reference sealed. */
static bool alike_at(const struct aead_ops *ops, const struct aead_ops *reference,
		     const struct key *key, uint32_t len)
{
	uint8_t plain[ALIKE_MAX], x[ALIKE_MAX + AEAD_TAG], y[ALIKE_MAX + AEAD_TAG];
	struct aead_job xs = { .key = key, .nonce = len, .data = x, .len = len };
	struct aead_job ys = { .key = key, .nonce = len, .data = y, .len = len };
	size_t j;

	for (j = 0; j < len; j++)
		plain[j] = pattern(len, j);
	memcpy(x, plain, len);
	memcpy(y, plain, len);
	ops->seal(&xs, 1);
	reference->seal(&ys, 1);
	if (memcmp(x, y, len + AEAD_TAG) != 0)
		return false;

	xs.data = y;
	xs.len = len + AEAD_TAG;
	ops->open(&xs, 1);
	return xs.authentic && memcmp(y, plain, len) == 0;
}

bool aead_check_alike(const struct aead_ops *ops, const struct aead_ops *reference)
{
	struct key key;
	bool ok = true;
	uint32_t len;

	key_pattern(&key, 2);
	for (len = 0; ok && len <= ALIKE_MAX; len++)
		ok = alike_at(ops, reference, &key, len);
	return ok;
}
