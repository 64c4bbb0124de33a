/* SPDX-License-Identifier: ISC */
#include "conf/line.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"

int line_init(struct line *l)
{
	*l = (struct line){ 0 };
	l->chars = mem_new(LINE_BYTES);
	l->column = mem_new_array(LINE_BYTES, sizeof(*l->column));
	if (l->chars && l->column)
		return 0;
	line_fini(l);
	return -ENOMEM;
}

void line_fini(struct line *l)
{
	if (l->chars)
		wipe(l->chars, LINE_BYTES);
	mem_free(l->chars);
	mem_free(l->column);
	*l = (struct line){ 0 };
}

/* Length of a non-breaking space, as editors and web pages insert it; 0: none here. */
static size_t odd_space(const char *at, const char *end)
{
	static const char *const odd[] = {
		"\xc2\xa0",     /* U+00A0 no-break */
		"\xe2\x80\x87", /* U+2007 figure */
		"\xe2\x80\x8b", /* U+200B zero width */
		"\xe2\x80\xaf", /* U+202F narrow no-break */
		"\xef\xbb\xbf", /* U+FEFF a byte order mark inside the text */
	};
	size_t i, len;

	for (i = 0; i < LEN(odd); i++) {
		len = strlen(odd[i]);
		if ((size_t)(end - at) >= len && memcmp(at, odd[i], len) == 0)
			return len;
	}
	return 0;
}

static bool plain_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

void line_load(struct line *l, struct text raw, uint32_t number)
{
	const char *at = raw.at;
	uint32_t column = 0;
	size_t odd;

	l->raw = raw;
	l->number = number;
	l->odd_column = 0;
	l->len = 0;
	for (; at < raw.end && *at != '#'; at++) {
		if (((unsigned char)*at & 0xc0) != 0x80)
			column++;
		if (plain_space(*at))
			continue;
		odd = odd_space(at, raw.end);
		if (odd) {
			if (!l->odd_column)
				l->odd_column = column;
			at += odd - 1;
			continue;
		}
		l->column[l->len] = column;
		l->chars[l->len++] = *at;
	}
	l->bare = text_from(raw.at, (size_t)(at - raw.at));
}

struct conf_place line_place(const struct line *l, const char *at)
{
	size_t i = (size_t)(at - l->chars);
	struct conf_place place = { .line = l->number, .column = 1 };

	if (i < l->len)
		place.column = l->column[i];
	else if (l->len)
		place.column = l->column[l->len - 1] + 1;
	return place;
}

bool line_gap(const struct line *l, const char *at)
{
	size_t i = (size_t)(at - l->chars);

	return i > 0 && i < l->len && l->column[i] - l->column[i - 1] > 1;
}
