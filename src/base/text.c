/* SPDX-License-Identifier: ISC */
#include "base/text.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"

enum {
	TEXT_WORD_MAX = 63, /* longer words are never close to one another */
};

struct text text_from(const char *chars, size_t len)
{
	return (struct text){ .at = chars, .end = len ? chars + len : chars };
}

struct text text_from_str(const char *str)
{
	return text_from(str, strlen(str));
}

size_t text_len(struct text t)
{
	return (size_t)(t.end - t.at);
}

bool text_is(struct text t, const char *word)
{
	size_t len = strlen(word);

	return text_len(t) == len && (len == 0 || memcmp(t.at, word, len) == 0);
}

/* Not tolower(): keywords do not depend on the locale. */
static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool text_is_nocase(struct text t, const char *word)
{
	size_t i, len = strlen(word);

	if (text_len(t) != len)
		return false;
	for (i = 0; i < len; i++) {
		if (lower(t.at[i]) != lower(word[i]))
			return false;
	}
	return true;
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct text text_trim(struct text t)
{
	while (t.at != t.end && is_space(t.at[0]))
		t.at++;
	while (t.at != t.end && is_space(t.end[-1]))
		t.end--;
	return t;
}

bool text_split(struct text *t, char sep, struct text *part)
{
	const char *found;

	if (!t->at)
		return false;
	found = text_len(*t) ? memchr(t->at, sep, text_len(*t)) : NULL;
	if (!found) {
		*part = *t;
		*t = (struct text){ 0 };
		return true;
	}
	*part = (struct text){ .at = t->at, .end = found };
	t->at = found + 1;
	return true;
}

/* -1 if it is not one. */
static int digit_of(char c, int base)
{
	int digit = -1;

	if (c >= '0' && c <= '9')
		digit = c - '0';
	if (lower(c) >= 'a' && lower(c) <= 'f')
		digit = lower(c) - 'a' + 10;
	return digit < base ? digit : -1;
}

static bool number(struct text t, int base, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;

	if (text_len(t) == 0)
		return false;
	for (; t.at != t.end; t.at++) {
		int digit = digit_of(*t.at, base);

		if (digit < 0 || __builtin_mul_overflow(value, (uint64_t)base, &value) ||
		    __builtin_add_overflow(value, (uint64_t)digit, &value) || value > max)
			return false;
	}
	*out = value;
	return true;
}

bool text_u64(struct text t, uint64_t max, uint64_t *out)
{
	return number(t, 10, max, out);
}

bool text_hex(struct text t, uint64_t max, uint64_t *out)
{
	if (text_len(t) < 2 || t.at[0] != '0' || t.at[1] != 'x')
		return false;
	t.at += 2;
	return number(t, 16, max, out);
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

unsigned text_distance(struct text a, const char *b, unsigned limit)
{
	unsigned row[TEXT_WORD_MAX + 1]; /* distances of a's first i characters to b's first j */
	size_t i, j, a_len = text_len(a), b_len = strlen(b);
	unsigned result;

	if (a_len > TEXT_WORD_MAX || b_len > TEXT_WORD_MAX)
		return limit + 1;

	for (j = 0; j <= b_len; j++)
		row[j] = (unsigned)j;
	for (i = 1; i <= a_len; i++) {
		unsigned diagonal = row[0]; /* of the row above, one to the left */

		row[0] = (unsigned)i;
		for (j = 1; j <= b_len; j++) {
			unsigned same = lower(a.at[i - 1]) == lower(b[j - 1]);
			unsigned best = least(diagonal + !same, least(row[j], row[j - 1]) + 1);

			diagonal = row[j];
			row[j] = best;
		}
	}
	result = row[b_len];
	return result <= limit ? result : limit + 1;
}
