/* SPDX-License-Identifier: ISC */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

/* A cursor over text that is not NUL-terminated: a plain value. */

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
/* Edit distance of two words, case ignored, at most limit + 1: for suggestions. */
unsigned text_distance(struct text a, const char *b, unsigned limit);

#endif
