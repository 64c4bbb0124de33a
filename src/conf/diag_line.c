/* SPDX-License-Identifier: ISC */
#include "conf/diag_line.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

void diag_line_vsay(struct conf_report *r, enum conf_severity severity, const char *file,
		    struct conf_place place, const char *format, va_list ap)
{
	char line[2 * PATH_MAX + 512]; /* a path may occur at the start and in the advice */
	size_t used = 0;

	if (severity == CONF_ERROR)
		r->errors++;
	else
		r->warnings++;
	if (!r->say)
		return;
	if (file && place.line)
		used = (size_t)snprintf(line, sizeof(line), "%s:%u:%u: ", file, place.line,
					place.column);
	else if (file)
		used = (size_t)snprintf(line, sizeof(line), "%s: ", file);
	if (used >= sizeof(line))
		used = 0;
	vsnprintf(line + used, sizeof(line) - used, format, ap);
	r->say(r->ctx, severity, line);
}

void diag_line_error(struct conf_report *r, const char *file, struct conf_place place,
		     const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	diag_line_vsay(r, CONF_ERROR, file, place, format, ap);
	va_end(ap);
}

void diag_line_warning(struct conf_report *r, const char *file, struct conf_place place,
		       const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	diag_line_vsay(r, CONF_WARNING, file, place, format, ap);
	va_end(ap);
}

const char *diag_line_quote(char quote[DIAG_LINE_QUOTE], struct text words)
{
	size_t i, len = text_len(words);
	bool cut = len >= DIAG_LINE_QUOTE;

	if (cut)
		len = DIAG_LINE_QUOTE - 4;
	for (i = 0; i < len; i++)
		quote[i] = words.at[i] > ' ' && words.at[i] < 0x7f ? words.at[i] : '?';
	quote[len] = '\0';
	if (cut)
		memcpy(quote + len, "...", 4);
	return quote;
}
