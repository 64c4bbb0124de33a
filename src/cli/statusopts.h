/* SPDX-License-Identifier: ISC */
#ifndef CLI_STATUSOPTS_H
#define CLI_STATUSOPTS_H

/* The words after `status`, `show` and `events`. */

#include <stdbool.h>

#include "cli/verb.h"

enum statusopts_bit {
	STATUSOPT_JSON = 1 << 0,
	STATUSOPT_PROMETHEUS = 1 << 1,
	STATUSOPT_TEXTFILE = 1 << 2,
	STATUSOPT_WATCH = 1 << 3,
};

struct statusopts {
	unsigned given;
	const char *textfile;
	const char *arg, *more; /* the words; NULL: not given */
};

/*
 * known: the bits that the verb accepts; max_words: 1 or 2. false: the verb ends with *status;
 * help was printed, or an error reported.
 */
bool statusopts_read(struct statusopts *o, const struct command *c, const char *usage,
		     unsigned known, int max_words, int *status);

#endif
