/* SPDX-License-Identifier: ISC */
#ifndef CLI_RECORD_H
#define CLI_RECORD_H

/* One line of the status records: key=value pairs, values with blanks in double quotes. */

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/*
 * The value of key, without quotes (\" and \\ inside them unescaped) and control
 * characters, cut to size - 1 characters.  false, and "": there is none.
 */
bool record_get(struct text line, const char *key, char *value, size_t size);

#endif
