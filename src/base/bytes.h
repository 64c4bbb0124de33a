/* SPDX-License-Identifier: ISC */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

/*
 * Bytes: load and store integers at any alignment, compare and wipe secrets, count arrays.
 *
 * load_* and store_* never need an aligned pointer, so a packet buffer may be
 * read at any offset without a cast.  The suffix names the byte order on the
 * wire: le for WireGuard's own headers, be for IP headers and TAI64N.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

/* The struct of the given type whose named member is at ptr. */
#define CONTAINER(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

static inline uint16_t load_le16(const void *p)
{
	const uint8_t *b = p;

	return (uint16_t)(b[0] | b[1] << 8);
}

static inline uint32_t load_le32(const void *p)
{
	const uint8_t *b = p;

	return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static inline uint64_t load_le64(const void *p)
{
	const uint8_t *b = p;

	return load_le32(b) | (uint64_t)load_le32(b + 4) << 32;
}

static inline uint16_t load_be16(const void *p)
{
	const uint8_t *b = p;

	return (uint16_t)(b[0] << 8 | b[1]);
}

static inline uint32_t load_be32(const void *p)
{
	const uint8_t *b = p;

	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | (uint32_t)b[3];
}

static inline uint64_t load_be64(const void *p)
{
	const uint8_t *b = p;

	return (uint64_t)load_be32(b) << 32 | load_be32(b + 4);
}

static inline void store_le32(void *p, uint32_t v)
{
	uint8_t *b = p;

	b[0] = (uint8_t)v;
	b[1] = (uint8_t)(v >> 8);
	b[2] = (uint8_t)(v >> 16);
	b[3] = (uint8_t)(v >> 24);
}

static inline void store_le64(void *p, uint64_t v)
{
	uint8_t *b = p;

	store_le32(b, (uint32_t)v);
	store_le32(b + 4, (uint32_t)(v >> 32));
}

static inline void store_be16(void *p, uint16_t v)
{
	uint8_t *b = p;

	b[0] = (uint8_t)(v >> 8);
	b[1] = (uint8_t)v;
}

static inline void store_be32(void *p, uint32_t v)
{
	uint8_t *b = p;

	store_be16(b, (uint16_t)(v >> 16));
	store_be16(b + 2, (uint16_t)v);
}

static inline void store_be64(void *p, uint64_t v)
{
	uint8_t *b = p;

	store_be32(b, (uint32_t)(v >> 32));
	store_be32(b + 4, (uint32_t)v);
}

/* Overwrite a secret; the compiler may not leave it out. */
static inline void wipe(void *p, size_t len)
{
	explicit_bzero(p, len);
}

/* Hide the value of x from the compiler, so that it cannot turn masks back into branches. */
static inline uint32_t bytes_opaque(uint32_t x)
{
	__asm__("" : "+r"(x));
	return x;
}

/* Constant-time comparison of any two secrets or tags of len bytes. */
bool bytes_equal(const void *a, const void *b, size_t len);

#endif
