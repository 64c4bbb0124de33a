/* SPDX-License-Identifier: ISC */
#ifndef CONF_WORDS_H
#define CONF_WORDS_H

/*
 * The words of the configuration language: each key, the section that it belongs
 * to, and what its value does to a struct conf.
 */

#include "conf/conf.h"
#include "conf/value.h"

enum { WORDS_MAX = 40 };

enum section { SECTION_NONE, SECTION_INTERFACE, SECTION_PEER, SECTION_UNKNOWN };

enum word_flag {
	WORD_LIST = 1 << 0,     /* given again, it appends; else the last one counts */
	WORD_COMMAND = 1 << 1,  /* the rest of the line as written, white space and # too */
	WORD_MAY_LACK = 1 << 2, /* wg-quick takes "Key =" for nothing said */
	WORD_PEER_KEY = 1 << 3, /* what each [Peer] must have */
};

struct word {
	const char *name;
	enum section section;
	unsigned flags;
	/* peer: the section's, NULL in [Interface]. false: no memory. Bad values are reported. */
	bool (*take)(struct conf *c, struct conf_peer *peer, const struct value *v);
};

/* The word of a section, any case; NULL if it has none like this. */
const struct word *words_find(enum section section, struct text key);
/* Its place in the table, below WORDS_MAX. */
size_t words_index(const struct word *word);
/*
 * Report, at key, a key that this section does not have: whether another section
 * has it, or what could be meant.
 */
void words_unknown(const struct value *v, enum section section, struct text key);
/* "[Interface]" or "[Peer]". */
const char *words_section(enum section section);

#endif
