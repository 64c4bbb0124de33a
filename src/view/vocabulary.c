/* SPDX-License-Identifier: ISC */
#include "view/vocabulary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

void vocabulary_offload(struct vocabulary_offload *o, const char *value)
{
	const char *open = strchr(value, '('), *comma = strchr(value, ',');

	*o = (struct vocabulary_offload){ .on = strncmp(value, "on", 2) == 0 };
	if (open)
		snprintf(o->why, sizeof(o->why), "%.*s", (int)strcspn(open + 1, ")"), open + 1);
	if (comma)
		o->downgrades = strtoull(comma + 1, NULL, 10);
}

const char *vocabulary_state(size_t i)
{
	static const char *const states[] = { "resolving", "handshaking", "up",
					      "idle",      "stale",       "dead" };

	return i < LEN(states) ? states[i] : NULL;
}

bool vocabulary_name(struct text key, const char *prefix, char name[VOCABULARY_NAME])
{
	size_t len = text_len(key), head = strlen(prefix), i;

	if (len <= head || len - head >= VOCABULARY_NAME || memcmp(key.at, prefix, head) != 0)
		return false;
	for (i = head; i < len; i++)
		name[i - head] = key.at[i] == '-' ? '_' : key.at[i];
	name[len - head] = '\0';
	return true;
}
