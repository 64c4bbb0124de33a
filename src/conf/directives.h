/* SPDX-License-Identifier: ISC */
#ifndef CONF_DIRECTIVES_H
#define CONF_DIRECTIVES_H

/*
 * The words of the configuration language: each key, its section, and what its value does to a
 * struct conf.
 */

#include "conf/conf.h"
#include "conf/value.h"

enum { DIRECTIVES_MAX = 40 };

enum section { SECTION_NONE, SECTION_INTERFACE, SECTION_PEER, SECTION_UNKNOWN };

enum directive_flag {
	DIRECTIVE_LIST = 1 << 0,     /* repetitions append; else the last one counts */
	DIRECTIVE_COMMAND = 1 << 1,  /* the rest of the line as written, white space and # too */
	DIRECTIVE_MAY_LACK = 1 << 2, /* wg-quick treats "Key =" as not given */
	DIRECTIVE_PEER_KEY = 1 << 3, /* what each [Peer] must have */
};

struct directive {
	const char *name;
	enum section section;
	unsigned flags;
	/* peer: the section's, NULL in [Interface]. false: no memory. Bad values are reported. */
	bool (*set)(struct conf *c, struct conf_peer *peer, const struct value *v);
};

/* The word of a section, in either case: its number, below DIRECTIVES_MAX; -1 if unknown. */
int directives_find(enum section section, struct text key, struct directive *word);
/* All of them, by number from 0; false: there are no more. */
bool directives_at(int number, struct directive *word);
/*
 * Report, at key, a key that this section does not have: whether another section has it, or
 * what may be meant.
 */
void directives_unknown(const struct value *v, enum section section, struct text key);
/* "[Interface]" or "[Peer]". */
const char *directives_section(enum section section);

#endif
