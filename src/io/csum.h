/* SPDX-License-Identifier: ISC */
#ifndef IO_CSUM_H
#define IO_CSUM_H

/*
 * The Internet checksum (RFC 1071) over plain memory.
 *
 * A sum is a uint64_t of 16-bit words in the machine's own byte order, with carries not yet
 * added in; start with 0. Byte order commutes with this kind of sum, so words may be added as
 * they are in memory, in any order and width, provided that each piece starts at an even
 * offset of the whole. A last odd byte counts as if a zero followed. A sum holds more than
 * 2^31 full words before it overflows.
 */

#include <arpa/inet.h>
#include <stddef.h>
#include <stdint.h>

/* One implementation, of those that this machine supports. */
struct csum {
	const char *name;
	uint64_t (*add)(uint64_t sum, const void *data, size_t len);
	/* Copy as well, in the same pass; the two may not overlap. */
	uint64_t (*copy)(uint64_t sum, void *to, const void *from, size_t len);
};

/* For any machine, and for short pieces. */
extern const struct csum csum_portable;
/* NULL: this machine cannot. */
const struct csum *csum_avx2(void);
/* The fastest for long pieces. */
const struct csum *csum_best(void);

/* The contribution to the sum of a field that is stored as two big-endian bytes. */
static inline uint64_t csum_be16(uint32_t value)
{
	return htons((uint16_t)value);
}

/* The sum with all carries added in; 0xffff over data with its checksum means that it is right. */
static inline uint16_t csum_fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

#endif
