/* SPDX-License-Identifier: ISC */
#include "view/event_json.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/bytes.h"
#include "control/record.h"
#include "control/vocabulary.h"
#include "view/jprint.h"

enum { VALUE = 4096 };

/* "1700000000.000000005" as nanoseconds. */
static uint64_t time_of(const char *value)
{
	struct text rest = text_from_str(value), seconds, fraction = { value, value };
	uint64_t sec, nsec = 0;

	if (!text_split(&rest, '.', &seconds) || !text_u64(seconds, INT64_MAX / SECOND_NS, &sec))
		return 0;
	if (text_split(&rest, '.', &fraction) && text_len(fraction) == 9)
		text_u64(fraction, SECOND_NS - 1, &nsec);
	return sec * SECOND_NS + nsec;
}

/* What has no entry in the vocabulary is a word. */
static json_t *value_of(const struct vocabulary_word *word, const char *value)
{
	uint64_t n;

	switch (word ? word->kind : VOCABULARY_WORD) {
	case VOCABULARY_TIME:
		return jprint_time(time_of(value));
	case VOCABULARY_YES:
		return json_boolean(vocabulary_is_yes(value));
	case VOCABULARY_NUMBER:
		return text_u64(text_from_str(value), UINT64_MAX, &n) ? jprint_number(n)
								      : json_null();
	default:
		return strcmp(value, "none") == 0 ? json_null() : jprint_string(value);
	}
}

bool event_json(struct print *out, struct text line)
{
	char name[VOCABULARY_NAME], value[VALUE];
	struct text key;
	bool bad = false;
	json_t *o;

	if (!record_get(line, "event", value, sizeof(value)))
		return false;
	o = json_object();
	jprint_put(o, "schema", json_integer(EVENT_JSON_SCHEMA), &bad);
	while (record_next(&line, &key, value, sizeof(value))) {
		const struct vocabulary_word *word = vocabulary_find(VOCABULARY_EVENT, key);

		if (word || vocabulary_name(key, "", name))
			jprint_put(o, word ? word->json : name, value_of(word, value), &bad);
	}
	jprint(out, o, 0, bad);
	return true;
}

/* "14:03:12 wg0 handshake peer=... first=yes" */
bool event_text(struct print *out, struct text line)
{
	char event[32], interface[32], value[VALUE], clock[16] = "";
	struct text key;
	struct tm tm;
	time_t seconds;

	if (!record_get(line, "event", event, sizeof(event)))
		return false;
	record_get(line, "interface", interface, sizeof(interface));
	record_get(line, "time", value, sizeof(value));
	seconds = (time_t)(time_of(value) / SECOND_NS);
	if (localtime_r(&seconds, &tm))
		strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	print_add(out, "%s %s %s", clock, interface, event);
	while (record_next(&line, &key, value, sizeof(value))) {
		if (text_is(key, "event") || text_is(key, "interface") || text_is(key, "time"))
			continue;
		print_add(out, strchr(value, ' ') ? " %.*s=\"%s\"" : " %.*s=%s", (int)text_len(key),
			  key.at, value);
	}
	print_add(out, "\n");
	return true;
}
