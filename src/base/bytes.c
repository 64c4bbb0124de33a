/* SPDX-License-Identifier: ISC */
#include "base/bytes.h"

bool bytes_equal(const void *a, const void *b, size_t len)
{
	const uint8_t *x = a, *y = b;
	uint32_t differ = 0;
	size_t i;

	for (i = 0; i < len; i++)
		differ = bytes_opaque(differ | (uint32_t)(x[i] ^ y[i]));
	return differ == 0;
}
