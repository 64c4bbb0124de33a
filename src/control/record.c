/* SPDX-License-Identifier: ISC */
#include "control/record.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

/* --- the writer --- */

/* Host names and error texts come from outside: they must not end a value or a line. */
static void tame(char *chars, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)chars[i];

		if (c == '"' || c == '\\' || c < ' ' || c == 127)
			chars[i] = '\'';
	}
}

static void add_value(struct print *out, const char *format, va_list ap)
	__attribute__((format(printf, 2, 0)));

static void add_value(struct print *out, const char *format, va_list ap)
{
	size_t before = out->len;

	print_vadd(out, format, ap);
	if (out->chars)
		tame(out->chars + before, out->len - before);
}

void record_begin(struct print *out, const char *key, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	print_add(out, "%s=", key);
	add_value(out, format, ap);
	va_end(ap);
}

void record_add(struct print *out, const char *key, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	print_add(out, " %s=", key);
	add_value(out, format, ap);
	va_end(ap);
}

void record_text(struct print *out, const char *key, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	print_add(out, " %s=\"", key);
	add_value(out, format, ap);
	print_add(out, "\"");
	va_end(ap);
}

void record_count(struct print *out, const char *key, uint64_t n)
{
	if (n)
		print_add(out, " %s=%" PRIu64, key, n);
}

void record_end(struct print *out)
{
	print_add(out, "\n");
}

/* --- the reader --- */

/* Take one value off the line, and copy it to value unless that is NULL. */
static void take_value(struct text *line, char *value, size_t size)
{
	bool quoted = line->at < line->end && *line->at == '"';
	size_t len = 0;

	if (quoted)
		line->at++;
	for (; line->at < line->end; line->at++) {
		char c = *line->at;

		if (c == (quoted ? '"' : ' '))
			break;
		if (quoted && c == '\\' && line->at + 1 < line->end)
			c = *++line->at;
		/* It may be printed on a terminal. */
		if (value && len + 1 < size && !iscntrl((unsigned char)c))
			value[len++] = c;
	}
	if (quoted && line->at < line->end)
		line->at++;
	if (value)
		value[len] = '\0';
}

/* Advance to the value, which stays on the line. */
static bool take_key(struct text *line, struct text *key)
{
	while (line->at < line->end) {
		*key = (struct text){ line->at, line->at };
		while (key->end < line->end && *key->end != '=' && *key->end != ' ')
			key->end++;
		line->at = key->end;
		if (line->at == line->end)
			return false;
		line->at++;
		if (*key->end == '=')
			return true;
	}
	return false;
}

bool record_next(struct text *line, struct text *key, char *value, size_t size)
{
	if (!take_key(line, key))
		return false;
	take_value(line, value, size);
	return true;
}

bool record_get(struct text line, const char *key, char *value, size_t size)
{
	struct text name;

	value[0] = '\0';
	while (take_key(&line, &name)) {
		if (text_is(name, key)) {
			take_value(&line, value, size);
			return true;
		}
		take_value(&line, NULL, 0);
	}
	return false;
}

bool record_number(struct text line, const char *key, uint64_t *number)
{
	char value[24];

	return record_get(line, key, value, sizeof(value)) &&
	       text_u64(text_from_str(value), UINT64_MAX, number);
}
