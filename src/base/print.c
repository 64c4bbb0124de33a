/* SPDX-License-Identifier: ISC */
#include "base/print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"

enum { PRINT_FIRST = 128 }; /* capacity of a text once something is printed */

/* Make room for len more characters and a NUL. The old memory is wiped: it may hold keys. */
static bool print_grow(struct print *p, size_t len)
{
	size_t cap = p->cap ? p->cap : PRINT_FIRST;
	char *chars;

	if (p->failed)
		return false;
	if (len < p->cap - p->len)
		return true;
	if (len >= SIZE_MAX / 2 - p->len)
		goto fail;
	while (cap - p->len <= len)
		cap *= 2;

	chars = mem_new(cap);
	if (!chars)
		goto fail;
	if (p->chars) {
		memcpy(chars, p->chars, p->len + 1);
		wipe(p->chars, p->cap);
		mem_free(p->chars);
	}
	p->chars = chars;
	p->cap = cap;
	return true;

fail:
	p->failed = true;
	return false;
}

void print_add(struct print *p, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	print_vadd(p, format, ap);
	va_end(ap);
}

void print_vadd(struct print *p, const char *format, va_list ap)
{
	va_list again;
	int len;

	va_copy(again, ap);
	len = vsnprintf(NULL, 0, format, ap);
	if (len < 0) {
		p->failed = true;
	} else if (print_grow(p, (size_t)len)) {
		vsnprintf(p->chars + p->len, p->cap - p->len, format, again);
		p->len += (size_t)len;
	}
	va_end(again);
}

void print_bytes(struct print *p, const void *bytes, size_t len)
{
	if (!print_grow(p, len))
		return;
	if (len)
		memcpy(p->chars + p->len, bytes, len);
	p->len += len;
	p->chars[p->len] = '\0';
}

void print_fini(struct print *p)
{
	if (p->chars)
		wipe(p->chars, p->cap);
	mem_free(p->chars);
	*p = (struct print){ 0 };
}
