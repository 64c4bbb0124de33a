/* SPDX-License-Identifier: ISC */
#include "crypto/blake2s.h"

#include "base/bytes.h"

static const uint32_t iv[8] = {
	0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
	0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

/* Which word of the block goes where in each round (RFC 7693 2.7). */
static const uint8_t sigma[10][16] = {
	{ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
	{ 14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3 },
	{ 11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4 },
	{ 7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8 },
	{ 9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13 },
	{ 2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9 },
	{ 12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11 },
	{ 13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10 },
	{ 6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5 },
	{ 10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0 },
};

static inline uint32_t rotate(uint32_t x, unsigned n)
{
	return x >> n | x << (32 - n);
}

/*
 * A round is a macro, not a loop, so that every index is a constant: the 16 words
 * of state then live in registers and sigma is never read.
 */
#define MIX(r, i, a, b, c, d)                            \
	do {                                             \
		v[a] += v[b] + m[sigma[r][2 * (i)]];     \
		v[d] = rotate(v[d] ^ v[a], 16);          \
		v[c] += v[d];                            \
		v[b] = rotate(v[b] ^ v[c], 12);          \
		v[a] += v[b] + m[sigma[r][2 * (i) + 1]]; \
		v[d] = rotate(v[d] ^ v[a], 8);           \
		v[c] += v[d];                            \
		v[b] = rotate(v[b] ^ v[c], 7);           \
	} while (0)

#define ROUND(r)                         \
	do {                             \
		MIX(r, 0, 0, 4, 8, 12);  \
		MIX(r, 1, 1, 5, 9, 13);  \
		MIX(r, 2, 2, 6, 10, 14); \
		MIX(r, 3, 3, 7, 11, 15); \
		MIX(r, 4, 0, 5, 10, 15); \
		MIX(r, 5, 1, 6, 11, 12); \
		MIX(r, 6, 2, 7, 8, 13);  \
		MIX(r, 7, 3, 4, 9, 14);  \
	} while (0)

/* s->t counts the bytes up to and including this block; last is 0 or all ones. */
static void compress(struct blake2s *s, const uint8_t block[BLAKE2S_BLOCK], uint32_t last)
{
	uint32_t m[16], v[16];
	size_t i;

	for (i = 0; i < 16; i++)
		m[i] = load_le32(block + 4 * i);
	for (i = 0; i < 8; i++) {
		v[i] = s->h[i];
		v[i + 8] = iv[i];
	}
	v[12] ^= (uint32_t)s->t;
	v[13] ^= (uint32_t)(s->t >> 32);
	v[14] ^= last;

	ROUND(0);
	ROUND(1);
	ROUND(2);
	ROUND(3);
	ROUND(4);
	ROUND(5);
	ROUND(6);
	ROUND(7);
	ROUND(8);
	ROUND(9);

	for (i = 0; i < 8; i++)
		s->h[i] ^= v[i] ^ v[i + 8];
	wipe(m, sizeof(m));
	wipe(v, sizeof(v));
}

void blake2s_init(struct blake2s *s, size_t out_len, const void *key, size_t key_len)
{
	memset(s, 0, sizeof(*s));
	memcpy(s->h, iv, sizeof(s->h));
	s->h[0] ^= UINT32_C(0x01010000) ^ (uint32_t)key_len << 8 ^ (uint32_t)out_len;
	s->out_len = (uint32_t)out_len;
	if (key_len) {
		memcpy(s->buf, key, key_len);
		s->fill = BLAKE2S_BLOCK;
	}
}

/* The last block must wait for blake2s_end(), so a full buffer is kept until more comes. */
void blake2s_add(struct blake2s *s, const void *data, size_t len)
{
	const uint8_t *in = data;
	size_t room = BLAKE2S_BLOCK - s->fill;

	if (len == 0)
		return;
	if (len > room) {
		memcpy(s->buf + s->fill, in, room);
		s->t += BLAKE2S_BLOCK;
		compress(s, s->buf, 0);
		in += room;
		len -= room;
		s->fill = 0;
		for (; len > BLAKE2S_BLOCK; in += BLAKE2S_BLOCK, len -= BLAKE2S_BLOCK) {
			s->t += BLAKE2S_BLOCK;
			compress(s, in, 0);
		}
	}
	memcpy(s->buf + s->fill, in, len);
	s->fill += (uint32_t)len;
}

void blake2s_end(struct blake2s *s, void *out)
{
	uint8_t whole[BLAKE2S_LEN];
	size_t i;

	memset(s->buf + s->fill, 0, BLAKE2S_BLOCK - s->fill);
	s->t += s->fill;
	compress(s, s->buf, UINT32_MAX);
	for (i = 0; i < 8; i++)
		store_le32(whole + 4 * i, s->h[i]);
	memcpy(out, whole, s->out_len);
	wipe(whole, sizeof(whole));
	wipe(s, sizeof(*s));
}

void blake2s(void *out, size_t out_len, const void *key, size_t key_len, const void *data,
	     size_t len)
{
	struct blake2s s;

	blake2s_init(&s, out_len, key, key_len);
	blake2s_add(&s, data, len);
	blake2s_end(&s, out);
}
