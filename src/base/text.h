/* SPDX-License-Identifier: ISC */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

/*
 * A cursor over text that is not NUL-terminated, and a bounded text to print
 * into.  Both are plain values on the caller's stack.
 */

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The characters from at up to end. */
struct text {
	const char *at, *end;
};

struct text text_from(const char *chars, size_t len);
struct text text_from_str(const char *str);
size_t text_len(struct text t);
bool text_is(struct text t, const char *word);        /* exactly */
bool text_is_nocase(struct text t, const char *word); /* ASCII letters of either case */
struct text text_trim(struct text t);                 /* without white space at both ends */
/*
 * Take the part before the next sep out of *t; the last part when there is none.
 * false once *t is used up.  n separators make n + 1 parts, empty ones included.
 */
bool text_split(struct text *t, char sep, struct text *part);
/* All of t is a decimal number of at most max, without sign or blanks. */
bool text_u64(struct text t, uint64_t max, uint64_t *out);
/* All of t is "0x" and a hexadecimal number of at most max. */
bool text_hex(struct text t, uint64_t max, uint64_t *out);
/* Edit distance of two words, case ignored, at most limit + 1: to suggest what was meant. */
unsigned text_distance(struct text a, const char *b, unsigned limit);

/* A growing text. Zeroed = empty. Once memory fails, it stays failed. */
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
