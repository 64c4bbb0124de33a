/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_RECORD_H
#define CONTROL_RECORD_H

/*
 * A record of the control socket, written and read: one line of key=value pairs, values that
 * may have blanks in double quotes.  The first key says what kind of record it is.  Pure.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/print.h"
#include "base/text.h"

/*
 * The writer: record_begin() makes the first pair, others add to it, record_end() ends the
 * line.  In values, quotes, backslashes and control characters become an apostrophe.
 */
void record_begin(struct print *out, const char *key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* A value without blanks. */
void record_add(struct print *out, const char *key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* A value that may have blanks: it stands in quotes. */
void record_text(struct print *out, const char *key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* A count; nothing if it is zero. */
void record_count(struct print *out, const char *key, uint64_t n);
void record_end(struct print *out);

/*
 * The value of key, without quotes (\" and \\ inside them unescaped) and control characters,
 * cut to size - 1 characters. false, and "": no such key.
 */
bool record_get(struct text line, const char *key, char *value, size_t size);

/*
 * Take the next pair off the line: its key, and its value as record_get() has it. Words that
 * are not a pair are skipped. false: no more.
 */
bool record_next(struct text *line, struct text *key, char *value, size_t size);
/* The value of key as a number. false: missing, or not a number. */
bool record_number(struct text line, const char *key, uint64_t *number);

#endif
