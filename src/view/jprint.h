/* SPDX-License-Identifier: ISC */
#ifndef VIEW_JPRINT_H
#define VIEW_JPRINT_H

/* What all JSON of ours has in common: how values look, and what happens without memory. */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/instant.h"
#include "base/print.h"

/* Values: NULL without memory. */
json_t *jprint_number(uint64_t n);
/* "" and NULL are null; what is not UTF-8 has a '?' for each byte that is not ASCII. */
json_t *jprint_string(const char *text);
/* Unix seconds, with microseconds, of nanoseconds; 0 is null. */
json_t *jprint_time(uint64_t ns);

/* Into the object; the value is the object's. *bad: becomes true once memory fails. */
void jprint_put(json_t *object, const char *key, json_t *value, bool *bad);
/* Into the array, likewise. */
void jprint_append(json_t *array, json_t *value, bool *bad);

/*
 * Print the value, which is freed, and a newline.  indent 0: on one line.  Without
 * memory, or if bad, out has failed.
 */
void jprint(struct print *out, json_t *value, unsigned indent, bool bad);

#endif
