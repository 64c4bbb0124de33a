/* SPDX-License-Identifier: ISC */
#ifndef BASE_MEM_H
#define BASE_MEM_H

/*
 * Heap memory for things that come and go by configuration or handshake, never
 * by data packet.  The one place where the pure rooms meet malloc, so that a
 * test can make it fail.
 */

#include <stdbool.h>
#include <stddef.h>

/* Zeroed memory, or NULL. */
void *mem_new(size_t size);
/* n items of this size, zeroed; NULL also when the product overflows. */
void *mem_new_array(size_t n, size_t size);
/*
 * An array of n items made larger or smaller; new bytes are undefined. NULL leaves the
 * old one as it is.
 */
void *mem_resize(void *array, size_t n, size_t size);
/* NULL is fine. */
void mem_free(void *p);
/*
 * Once at start: large blocks come from the system and go back to it, however
 * large those before them were, so that one big request leaves nothing behind.
 */
void mem_steady(void);
/* Give free pages back to the system, after many small pieces went. */
void mem_trim(void);
/* A copy of len characters with a NUL behind, or NULL. */
char *mem_text(const char *text, size_t len);

/* Tests: fail the n-th allocation from now on (0: the next one); negative: never. */
void mem_fail_after(long n);

#endif
