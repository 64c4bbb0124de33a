/* SPDX-License-Identifier: ISC */
#ifndef VIEW_JPRINT_H
#define VIEW_JPRINT_H

/* What all our JSON has in common: the form of values, and what happens without memory. */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/instant.h"
#include "base/print.h"

/* Values: NULL without memory. */
json_t *jprint_number(uint64_t n);
/* "" and NULL become null; in invalid UTF-8, each non-ASCII byte becomes '?'. */
json_t *jprint_string(const char *text);
/* Nanoseconds as Unix seconds with microseconds; 0 becomes null. */
json_t *jprint_time(uint64_t ns);

/* Add to the object, which then owns the value. *bad becomes true once memory fails. */
void jprint_put(json_t *object, const char *key, json_t *value, bool *bad);
/* Likewise to the array. */
void jprint_append(json_t *array, json_t *value, bool *bad);

/*
 * Print the value, which is freed, and a newline.  indent 0: on one line.  Without
 * memory, or if bad, out has failed.
 */
void jprint(struct print *out, json_t *value, unsigned indent, bool bad);

#endif
