/* SPDX-License-Identifier: ISC */
#ifndef CONF_REPORT_H
#define CONF_REPORT_H

/*
 * Say what is wrong in a configuration: count it, and hand one finished line to
 * the caller's say(), "FILE:LINE:COLUMN: what; what to do".  LINE and COLUMN are
 * left out when place.line is 0, FILE too when it is NULL.
 */

#include "base/text.h"
#include "conf/conf.h"

enum { REPORT_QUOTE = 64 };

void report_error(struct conf_report *r, const char *file, struct conf_place place,
		  const char *format, ...) __attribute__((format(printf, 4, 5)));
void report_warning(struct conf_report *r, const char *file, struct conf_place place,
		    const char *format, ...) __attribute__((format(printf, 4, 5)));
void report_vsay(struct conf_report *r, enum conf_severity severity, const char *file,
		 struct conf_place place, const char *format, va_list ap)
	__attribute__((format(printf, 5, 0)));

/*
 * Words of the file as they may stand in a message: shortened, and '?' for what a
 * terminal might obey.  Not for values that could be secret.  Returns quote.
 */
const char *report_quote(char quote[REPORT_QUOTE], struct text words);

#endif
