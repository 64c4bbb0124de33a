/* SPDX-License-Identifier: ISC */
#ifndef BASE_PRINT_H
#define BASE_PRINT_H

/* A growing text to print into. */

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* A growing text. Zeroed = empty. Once an allocation fails, it stays failed. */
struct print {
	char *chars; /* NUL-terminated once anything was printed; owned */
	size_t len, cap;
	bool failed;
};

void print_add(struct print *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
void print_vadd(struct print *p, const char *format, va_list ap)
	__attribute__((format(printf, 2, 0)));
void print_bytes(struct print *p, const void *bytes, size_t len);
/* Free it (wipe: it may hold keys) and make it empty again. */
void print_fini(struct print *p);

#endif
