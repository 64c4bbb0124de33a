/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_RECORD_H
#define CONTROL_RECORD_H

/* One line of the status records: key=value pairs, values with blanks in double quotes. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/*
 * The value of key, without quotes (\" and \\ inside them unescaped) and control
 * characters, cut to size - 1 characters.  false, and "": there is none.
 */
bool record_get(struct text line, const char *key, char *value, size_t size);

/*
 * Take the next pair off the line: its key, and its value as record_get() has it.
 * Words that are no pair are passed over.  false: no more.
 */
bool record_next(struct text *line, struct text *key, char *value, size_t size);
/* The value of key is a number. false: it is none, or not there. */
bool record_number(struct text line, const char *key, uint64_t *number);

#endif
