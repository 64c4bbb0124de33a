/* SPDX-License-Identifier: ISC */
#include "cli/facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

void facts_offload(struct facts_offload *o, const char *value)
{
	const char *open = strchr(value, '('), *comma = strchr(value, ',');

	*o = (struct facts_offload){ .on = strncmp(value, "on", 2) == 0 };
	if (open)
		snprintf(o->why, sizeof(o->why), "%.*s", (int)strcspn(open + 1, ")"), open + 1);
	if (comma)
		o->downgrades = strtoull(comma + 1, NULL, 10);
}

const char *facts_state(size_t i)
{
	static const char *const states[] = { "resolving", "handshaking", "up",
					      "idle",      "stale",       "dead" };

	return i < LEN(states) ? states[i] : NULL;
}

bool facts_name(struct text key, const char *prefix, char name[FACTS_NAME])
{
	size_t len = text_len(key), head = strlen(prefix), i;

	if (len <= head || len - head >= FACTS_NAME || memcmp(key.at, prefix, head) != 0)
		return false;
	for (i = head; i < len; i++)
		name[i - head] = key.at[i] == '-' ? '_' : key.at[i];
	name[len - head] = '\0';
	return true;
}
