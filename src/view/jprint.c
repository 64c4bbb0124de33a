/* SPDX-License-Identifier: ISC */
#include "view/jprint.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

enum { TIME_DIGITS = 16 }; /* ten before the point, six after it */

json_t *jprint_number(uint64_t n)
{
	return json_integer(n > INT64_MAX ? INT64_MAX : (json_int_t)n);
}

json_t *jprint_string(const char *text)
{
	json_t *value;
	char *plain;

	if (!text || !*text)
		return json_null();
	value = json_string(text);
	if (value)
		return value;
	plain = strdup(text);
	if (!plain)
		return NULL;
	for (char *c = plain; *c; c++) {
		if ((unsigned char)*c > 127)
			*c = '?';
	}
	value = json_string(plain);
	free(plain);
	return value;
}

json_t *jprint_time(uint64_t ns)
{
	uint64_t microseconds = ns / 1000;

	if (!ns)
		return json_null();
	return json_real((double)(microseconds / 1000000) + (double)(microseconds % 1000000) / 1e6);
}

void jprint_put(json_t *object, const char *key, json_t *value, bool *bad)
{
	if (json_object_set_new(object, key, value) < 0)
		*bad = true;
}

void jprint_append(json_t *array, json_t *value, bool *bad)
{
	if (json_array_append_new(array, value) < 0)
		*bad = true;
}

void jprint(struct print *out, json_t *value, unsigned indent, bool bad)
{
	size_t flags = JSON_REAL_PRECISION(TIME_DIGITS) |
		       (indent ? JSON_INDENT(indent) : JSON_COMPACT);
	char *text = value && !bad ? json_dumps(value, flags) : NULL;

	json_decref(value);
	if (!text) {
		out->failed = true;
		return;
	}
	print_bytes(out, text, strlen(text));
	print_bytes(out, "\n", 1);
	free(text);
}
