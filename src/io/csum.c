/* SPDX-License-Identifier: ISC */
#include "io/csum.h"

#include <string.h>

/* The rest after whole words of 8 bytes. */
static uint64_t add_rest(uint64_t sum, const uint8_t *p, size_t len)
{
	uint32_t four;
	uint16_t two;

	if (len & 4) {
		memcpy(&four, p, 4);
		sum += four;
		p += 4;
	}
	if (len & 2) {
		memcpy(&two, p, 2);
		sum += two;
		p += 2;
	}
	if (len & 1) {
		two = 0;
		memcpy(&two, p, 1);
		sum += two;
	}
	return sum;
}

static uint64_t portable_add(uint64_t sum, const void *data, size_t len)
{
	const uint8_t *p = data;
	uint64_t word;

	for (; len >= 8; p += 8, len -= 8) {
		memcpy(&word, p, 8);
		sum += (word & 0xffffffff) + (word >> 32);
	}
	return add_rest(sum, p, len);
}

static uint64_t portable_copy(uint64_t sum, void *to, const void *from, size_t len)
{
	const uint8_t *p = from;
	uint8_t *q = to;
	uint64_t word;

	for (; len >= 8; p += 8, q += 8, len -= 8) {
		memcpy(&word, p, 8);
		memcpy(q, &word, 8);
		sum += (word & 0xffffffff) + (word >> 32);
	}
	for (size_t i = 0; i < len; i++)
		q[i] = p[i];
	return add_rest(sum, p, len);
}

const struct csum csum_portable = {
	.name = "portable",
	.add = portable_add,
	.copy = portable_copy,
};

const struct csum *csum_best(void)
{
	const struct csum *avx2 = csum_avx2();

	return avx2 ? avx2 : &csum_portable;
}
