/* SPDX-License-Identifier: ISC */
#include "cli/record.h"

#include <ctype.h>
#include <string.h>

/* Take one value off the line; into value too, unless that is NULL. */
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
		/* It may go to a terminal. */
		if (value && len + 1 < size && !iscntrl((unsigned char)c))
			value[len++] = c;
	}
	if (quoted && line->at < line->end)
		line->at++;
	if (value)
		value[len] = '\0';
}

bool record_get(struct text line, const char *key, char *value, size_t size)
{
	value[0] = '\0';
	while (line.at < line.end) {
		struct text name = { line.at, line.at };

		while (name.end < line.end && *name.end != '=' && *name.end != ' ')
			name.end++;
		line.at = name.end;
		if (line.at == line.end || *line.at == ' ') {
			if (line.at < line.end)
				line.at++;
			continue;
		}
		line.at++;
		if (text_is(name, key)) {
			take_value(&line, value, size);
			return true;
		}
		take_value(&line, NULL, 0);
	}
	return false;
}
