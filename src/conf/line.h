/* SPDX-License-Identifier: ISC */
#ifndef CONF_LINE_H
#define CONF_LINE_H

/*
 * One line of a configuration file in two forms: as written, and squeezed, that is, without
 * white space and comment, each character with its column in the file.
 */

#include "base/text.h"
#include "conf/conf.h"

enum { LINE_BYTES = 64 << 10 };

struct line {
	struct text raw;  /* as written, borrowed */
	struct text bare; /* raw up to its comment */
	char *chars;      /* squeezed; may hold a secret */
	uint32_t *column; /* of each of chars; in characters, from 1 */
	size_t len;
	uint32_t number;
	uint32_t odd_column; /* of the first non-breaking space; 0: none */
};

/* 0 or -ENOMEM. line_fini() wipes. */
int line_init(struct line *l);
void line_fini(struct line *l);
/* Take another line, of at most LINE_BYTES. */
void line_load(struct line *l, struct text raw, uint32_t number);
/* Where in the file a character of l->chars is; one past the last is allowed. */
struct conf_place line_place(const struct line *l, const char *at);
/* There was white space right before this character. */
bool line_gap(const struct line *l, const char *at);

#endif
