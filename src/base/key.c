/* SPDX-License-Identifier: ISC */
#include "base/key.h"

#include "base/bytes.h"

/*
 * A key may be a secret, so no character of it may choose a branch or an address:
 * a cache or a clock would tell.  Characters are classified by arithmetic alone,
 * errors are collected, and only the verdict over the whole text is branched on.
 */

/* All ones if a < b, else zero; both below 2^31. */
static inline uint32_t below(uint32_t a, uint32_t b)
{
	return 0u - bytes_opaque((a - b) >> 31);
}

/* All ones if first <= c <= last, else zero. */
static inline uint32_t within(uint32_t c, uint32_t first, uint32_t last)
{
	return ~below(c, first) & ~below(last, c);
}

/* The six bits that c encodes; *bad becomes nonzero if c is not in the alphabet. */
static uint32_t sextet_from(uint32_t c, uint32_t *bad)
{
	uint32_t upper = within(c, 'A', 'Z');
	uint32_t lower = within(c, 'a', 'z');
	uint32_t digit = within(c, '0', '9');
	uint32_t plus = within(c, '+', '+');
	uint32_t slash = within(c, '/', '/');

	*bad |= ~(upper | lower | digit | plus | slash);
	return (upper & (c - 'A')) | (lower & (c - 'a' + 26)) | (digit & (c - '0' + 52)) |
	       (plus & 62) | (slash & 63);
}

/* The five ranges of the alphabet follow one another; each step corrects the distance. */
static char sextet_to(uint32_t v)
{
	uint32_t c = v + 'A';

	c += below(25, v) & ('a' - 'Z' - 1);
	c -= below(51, v) & ('z' - '0' + 1);
	c -= below(61, v) & ('9' - '+' + 1);
	c += below(62, v) & ('/' - '+' - 1);
	return (char)c;
}

bool key_from_base64(struct key *key, const char *text, size_t len)
{
	const uint8_t *c = (const uint8_t *)text;
	struct key made;
	uint32_t bad = 0, bits;
	uint8_t *out = made.bytes;
	size_t i;

	if (len != KEY_BASE64_LEN)
		return false;

	for (i = 0; i < 40; i += 4) {
		bits = sextet_from(c[i], &bad) << 18;
		bits |= sextet_from(c[i + 1], &bad) << 12;
		bits |= sextet_from(c[i + 2], &bad) << 6;
		bits |= sextet_from(c[i + 3], &bad);
		*out++ = (uint8_t)(bits >> 16);
		*out++ = (uint8_t)(bits >> 8);
		*out++ = (uint8_t)bits;
	}
	/* The last three characters carry 16 bits and two spare ones. */
	bits = sextet_from(c[40], &bad) << 12;
	bits |= sextet_from(c[41], &bad) << 6;
	bits |= sextet_from(c[42], &bad);
	*out++ = (uint8_t)(bits >> 10);
	*out++ = (uint8_t)(bits >> 2);
	bad |= bits & 3;
	bad |= ~within(c[43], '=', '=');

	if (bad == 0)
		*key = made;
	wipe(&made, sizeof(made));
	return bad == 0;
}

void key_to_base64(char text[KEY_BASE64_LEN + 1], const struct key *key)
{
	const uint8_t *in = key->bytes;
	uint32_t bits;
	size_t i;

	for (i = 0; i < 40; i += 4) {
		bits = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];
		text[i] = sextet_to(bits >> 18);
		text[i + 1] = sextet_to(bits >> 12 & 63);
		text[i + 2] = sextet_to(bits >> 6 & 63);
		text[i + 3] = sextet_to(bits & 63);
		in += 3;
	}
	bits = (uint32_t)in[0] << 10 | (uint32_t)in[1] << 2;
	text[40] = sextet_to(bits >> 12);
	text[41] = sextet_to(bits >> 6 & 63);
	text[42] = sextet_to(bits & 63);
	text[43] = '=';
	text[44] = '\0';
}

static uint32_t nibble_from(uint32_t c, uint32_t *bad)
{
	uint32_t digit = within(c, '0', '9');
	uint32_t upper = within(c, 'A', 'F');
	uint32_t lower = within(c, 'a', 'f');

	*bad |= ~(digit | upper | lower);
	return (digit & (c - '0')) | (upper & (c - 'A' + 10)) | (lower & (c - 'a' + 10));
}

static char nibble_to(uint32_t v)
{
	return (char)(v + '0' + (below(9, v) & ('a' - '9' - 1)));
}

bool key_from_hex(struct key *key, const char *text, size_t len)
{
	const uint8_t *c = (const uint8_t *)text;
	struct key made;
	uint32_t bad = 0;
	size_t i;

	if (len != KEY_HEX_LEN)
		return false;

	for (i = 0; i < KEY_LEN; i++) {
		uint32_t high = nibble_from(c[2 * i], &bad);

		made.bytes[i] = (uint8_t)(high << 4 | nibble_from(c[2 * i + 1], &bad));
	}
	if (bad == 0)
		*key = made;
	wipe(&made, sizeof(made));
	return bad == 0;
}

void key_to_hex(char text[KEY_HEX_LEN + 1], const struct key *key)
{
	size_t i;

	for (i = 0; i < KEY_LEN; i++) {
		text[2 * i] = nibble_to(key->bytes[i] >> 4);
		text[2 * i + 1] = nibble_to(key->bytes[i] & 15u);
	}
	text[KEY_HEX_LEN] = '\0';
}

bool key_is_zero(const struct key *key)
{
	static const struct key zero;

	return key_equal(key, &zero);
}

bool key_equal(const struct key *a, const struct key *b)
{
	return bytes_equal(a->bytes, b->bytes, KEY_LEN);
}

bool key_is_placeholder(const struct key *key)
{
	static const uint8_t put[] = { 0xa6, 0xeb, 0x7f }; /* "put/" */
	/* "put/your"; fewer bytes would match one random key in two million. */
	static const uint8_t clamped[] = { 0xa0, 0xeb, 0x7f, 0xca, 0x8b, 0xab };

	return bytes_equal(key->bytes, put, sizeof(put)) ||
	       bytes_equal(key->bytes, clamped, sizeof(clamped));
}

void key_clamp(struct key *key)
{
	key->bytes[0] &= 248;
	key->bytes[31] = (uint8_t)((key->bytes[31] & 127) | 64);
}
