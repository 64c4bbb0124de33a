/* SPDX-License-Identifier: ISC */
#ifndef UNIT_HEX_H
#define UNIT_HEX_H

/*
 * What every unit test needs: cmocka with the headers that it forgets, and the
 * hexadecimal text of vectors.h as bytes.
 *
 *	uint8_t key[32];
 *	hex_read(key, sizeof(key), v->key);
 *	...
 *	assert_hex(digest, sizeof(digest), v->digest);
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Number of bytes that the text stands for. */
static inline size_t hex_len(const char *hex)
{
	return strlen(hex) / 2;
}

static inline unsigned hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;

	assert_non_null(at);
	return (unsigned)(at - digits);
}

/* Read all of the text into at most size bytes; returns how many. Bad text fails the test. */
static inline size_t hex_read(void *out, size_t size, const char *hex)
{
	uint8_t *bytes = out;
	size_t i, n = hex_len(hex);

	assert_int_equal(strlen(hex) % 2, 0);
	assert_true(n <= size);
	for (i = 0; i < n; i++)
		bytes[i] = (uint8_t)(hex_digit(hex[2 * i]) << 4 | hex_digit(hex[2 * i + 1]));
	return n;
}

/* These len bytes are exactly what the text says. */
static inline void hex_compare(const void *bytes, size_t len, const char *hex, const char *file,
			       int line)
{
	uint8_t want[4096];

	if (hex_read(want, sizeof(want), hex) != len || memcmp(want, bytes, len) != 0) {
		const uint8_t *is = bytes;
		size_t i;

		print_error("want %s\n is  ", hex);
		for (i = 0; i < len; i++)
			print_error("%02x", is[i]);
		print_error("\n");
		_fail(file, line);
	}
}

#define assert_hex(bytes, len, hex) hex_compare(bytes, len, hex, __FILE__, __LINE__)

/* Flip the given bit of some bytes; tests of rejection flip it back afterwards. */
static inline void hex_flip(void *bytes, size_t bit)
{
	((uint8_t *)bytes)[bit / 8] ^= (uint8_t)(1u << bit % 8);
}

#endif
