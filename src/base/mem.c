/* SPDX-License-Identifier: ISC */
#include "base/mem.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { LARGE_BLOCK = 128 << 10 };

/* Allocations left until one fails; negative: none will. Only a test sets it. */
static long fail_after = -1;

static bool must_fail(void)
{
	if (fail_after < 0)
		return false;
	return fail_after-- == 0;
}

void *mem_new(size_t size)
{
	return mem_new_array(1, size);
}

void *mem_new_array(size_t n, size_t size)
{
	size_t total;

	/* calloc() checks too, but the sanitizers' version aborts on overflow. */
	if (must_fail() || __builtin_mul_overflow(n, size, &total))
		return NULL;
	/* Zero bytes still get an address: NULL must only mean failure. */
	return calloc(1, total ? total : 1);
}

void *mem_resize(void *array, size_t n, size_t size)
{
	size_t total;

	if (must_fail() || __builtin_mul_overflow(n, size, &total))
		return NULL;
	return realloc(array, total ? total : 1);
}

void mem_free(void *p)
{
	free(p);
}

void mem_steady(void)
{
	/* Otherwise the threshold grows with the first large block that is freed. */
	mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK);
}

void mem_trim(void)
{
	malloc_trim(0);
}

char *mem_text(const char *text, size_t len)
{
	char *copy;

	if (len == SIZE_MAX)
		return NULL;
	copy = mem_new(len + 1);
	if (copy && len)
		memcpy(copy, text, len);
	return copy;
}

void mem_fail_after(long n)
{
	fail_after = n;
}
