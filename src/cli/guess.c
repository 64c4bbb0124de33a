/* SPDX-License-Identifier: ISC */
#include "cli/guess.h"

#include <string.h>

#include "base/bytes.h"
#include "base/text.h"
#include "cli/verb.h"

/* What other programs call it. */
static const struct {
	const char *word, *verb;
} synonyms[] = {
	{ "connect", "up" },  { "disconnect", "down" }, { "keygen", "genkey" }, { "kill", "down" },
	{ "list", "status" }, { "ls", "status" },       { "pair", "new" },      { "ps", "status" },
	{ "psk", "genpsk" },  { "start", "up" },        { "stop", "down" },
};

/* How many letters may be wrong: fewer in a short word. */
static unsigned tolerance(const char *verb)
{
	return strlen(verb) < 5 ? 1 : 2;
}

const char *guess_verb(const char *word)
{
	const char *nearest = NULL;
	const struct verb *v;
	unsigned least = 3;
	size_t i;

	for (i = 0; i < LEN(synonyms); i++) {
		if (text_is_nocase(text_from_str(word), synonyms[i].word))
			return synonyms[i].verb;
	}
	for (i = 0; (v = verb_at(i)); i++) {
		unsigned distance = text_distance(text_from_str(word), v->name, 2);

		if (distance > tolerance(v->name) || distance >= least)
			continue;
		least = distance;
		nearest = v->name;
	}
	return nearest;
}
