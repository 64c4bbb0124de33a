/* SPDX-License-Identifier: ISC */
#ifndef BASE_MEM_H
#define BASE_MEM_H

/*
 * Heap memory for objects that come and go with configuration or handshakes, never with data
 * packets. The only place where the pure rooms call malloc, so that a test can make it fail.
 */

#include <stdbool.h>
#include <stddef.h>

/* Zeroed memory, or NULL. */
void *mem_new(size_t size);
/* n items of this size, zeroed; NULL also when the product overflows. */
void *mem_new_array(size_t n, size_t size);
/* Resize an array to n items; new bytes are undefined. NULL: the old one is unchanged. */
void *mem_resize(void *array, size_t n, size_t size);
/* NULL is allowed. */
void mem_free(void *p);
/*
 * Once at start: large blocks come from the system and return to it, whatever the size of
 * earlier ones, so that one big request does not raise memory use for good.
 */
void mem_steady(void);
/* Return free pages to the system, after many small blocks were freed. */
void mem_trim(void);
/* A copy of len characters, NUL-terminated, or NULL. */
char *mem_text(const char *text, size_t len);

/* Tests: fail the n-th allocation from now on (0: the next one); negative: never. */
void mem_fail_after(long n);

#endif
