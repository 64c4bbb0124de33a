/* SPDX-License-Identifier: ISC */
#include "cli/statusopts.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"

enum { BIT = UCHAR_MAX + 1 };

static const struct {
	const char *name;
	int has_arg;
	unsigned bit;
} all[] = {
	{ "json", no_argument, STATUSOPT_JSON },
	{ "prometheus", no_argument, STATUSOPT_PROMETHEUS },
	{ "textfile", required_argument, STATUSOPT_TEXTFILE },
	{ "watch", no_argument, STATUSOPT_WATCH },
};

static void make_table(struct option table[LEN(all) + 4], unsigned known)
{
	size_t i, n = 0;

	table[n++] = (struct option){ "help", no_argument, NULL, 'h' };
	table[n++] = (struct option){ "quiet", no_argument, NULL, 'q' };
	table[n++] = (struct option){ "verbose", no_argument, NULL, 'v' };
	for (i = 0; i < LEN(all); i++) {
		if (known & all[i].bit)
			table[n++] = (struct option){ all[i].name, all[i].has_arg, NULL,
						      BIT + (int)all[i].bit };
	}
	table[n] = (struct option){ 0 };
}

/* EXITCODE_OK: go on; -1: help was printed; EXITCODE_USAGE: reported. */
static int take_options(struct statusopts *o, const struct command *c, const char *usage,
			unsigned known)
{
	struct option table[LEN(all) + 4];
	int opt;

	make_table(table, known);
	while ((opt = getopt_long(c->argc, c->argv, "hqv", table, NULL)) != -1) {
		if (opt == 'h') {
			fputs(usage, stdout);
			return -1;
		}
		if (opt == '?') {
			fprintf(stderr, "Try 'taut %s --help'.\n", c->verb->name);
			return EXITCODE_USAGE;
		}
		if (opt < BIT)
			continue;
		o->given |= (unsigned)(opt - BIT);
		if (opt - BIT == STATUSOPT_TEXTFILE)
			o->textfile = optarg;
	}
	return EXITCODE_OK;
}

bool statusopts_read(struct statusopts *o, const struct command *c, const char *usage,
		     unsigned known, int max_words, int *status)
{
	static char program[] = "taut";
	int end, n;

	*o = (struct statusopts){ 0 };
	c->argv[0] = program; /* so that getopt's messages start like ours */
	optind = 0;           /* restart getopt */
	end = take_options(o, c, usage, known);
	*status = end == EXITCODE_USAGE ? EXITCODE_USAGE : EXITCODE_OK;
	if (end != EXITCODE_OK)
		return false;
	n = c->argc - optind;
	if (n > max_words) {
		*status = say_usage("%s: unexpected argument '%s'", c->verb->name,
				    c->argv[optind + max_words]);
		return false;
	}
	o->arg = n > 0 ? c->argv[optind] : NULL;
	o->more = n > 1 ? c->argv[optind + 1] : NULL;
	return true;
}
