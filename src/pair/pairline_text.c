/* SPDX-License-Identifier: ISC */
#include "pair/pairline_text.h"

enum { FOREIGN = 64 };

/* All ones if low <= c <= high, else zero: by the signs of two differences. */
static unsigned between(unsigned c, unsigned low, unsigned high)
{
	return (((c - low) | (high - c)) >> 31) - 1;
}

/* 0..63, or FOREIGN. */
static unsigned digit_value(char character)
{
	unsigned c = (unsigned char)character;
	unsigned upper = between(c, 'A', 'Z'), lower = between(c, 'a', 'z');
	unsigned number = between(c, '0', '9'), minus = between(c, '-', '-');
	unsigned under = between(c, '_', '_');

	return (upper & (c - 'A')) | (lower & (c - 'a' + 26)) | (number & (c - '0' + 52)) |
	       (minus & 62) | (under & 63) | (~(upper | lower | number | minus | under) & FOREIGN);
}

static char digit(unsigned v)
{
	unsigned c = (between(v, 0, 25) & (v + 'A')) | (between(v, 26, 51) & (v - 26 + 'a')) |
		     (between(v, 52, 61) & (v - 52 + '0')) | (between(v, 62, 62) & '-') |
		     (between(v, 63, 63) & '_');

	return (char)c;
}

size_t pairline_text_len(size_t n)
{
	return (n * 8 + 5) / 6;
}

void pairline_text_write(char *text, const uint8_t *bytes, size_t n)
{
	unsigned held = 0, bits = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		held = (held << 8 | bytes[i]) & 0xffff;
		for (bits += 8; bits >= 6; bits -= 6)
			*text++ = digit(held >> (bits - 6) & 63);
	}
	if (bits)
		*text = digit(held << (6 - bits) & 63);
}

bool pairline_text_read(uint8_t *bytes, size_t n, const char *text)
{
	unsigned held = 0, bits = 0, foreign = 0;
	size_t i, len = pairline_text_len(n);

	for (i = 0; i < len; i++) {
		unsigned v = digit_value(text[i]);

		foreign |= v & FOREIGN;
		held = (held << 6 | (v & 63)) & 0xffff;
		bits += 6;
		if (bits < 8)
			continue;
		bits -= 8;
		*bytes++ = (uint8_t)(held >> bits);
	}
	return !foreign && (held & ((1u << bits) - 1)) == 0;
}

size_t pairline_text_foreign(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (digit_value(text[i]) & FOREIGN)
			return i;
	}
	return len;
}
