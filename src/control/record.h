/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_RECORD_H
#define CONTROL_RECORD_H

/* One line of the status records: key=value pairs, values with blanks in double quotes. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

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
