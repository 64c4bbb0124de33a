/* SPDX-License-Identifier: ISC */
#ifndef CONF_DIAG_LINE_H
#define CONF_DIAG_LINE_H

/*
 * Report an error in a configuration: count it, and pass one finished line to the caller's
 * say(), "FILE:LINE:COLUMN: what; what to do". LINE and COLUMN are left out when place.line is
 * 0, FILE too when it is NULL.
 */

#include <stdarg.h>

#include "base/text.h"
#include "conf/conf.h"

enum { DIAG_LINE_QUOTE = 64 };

void diag_line_error(struct conf_report *r, const char *file, struct conf_place place,
		     const char *format, ...) __attribute__((format(printf, 4, 5)));
void diag_line_warning(struct conf_report *r, const char *file, struct conf_place place,
		       const char *format, ...) __attribute__((format(printf, 4, 5)));
void diag_line_vsay(struct conf_report *r, enum conf_severity severity, const char *file,
		    struct conf_place place, const char *format, va_list ap)
	__attribute__((format(printf, 5, 0)));

/*
 * Words of the file in a form fit for a message: shortened, with '?' for control characters.
 * Not for values that could be secret. Returns quote.
 */
const char *diag_line_quote(char quote[DIAG_LINE_QUOTE], struct text words);

#endif
