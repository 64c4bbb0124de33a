/* SPDX-License-Identifier: ISC */
#include "pair/readline.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/say.h"

/* The text so far, without white space. */
struct typed {
	char chars[PAIRLINE_TEXT];
	size_t len;
	bool too_long;
};

static void take(struct typed *t, const char *chars, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (isspace((unsigned char)chars[i]))
			continue;
		if (t->len == sizeof(t->chars))
			t->too_long = true;
		else
			t->chars[t->len++] = chars[i];
	}
}

/* Read until the line is complete or wrong, since a terminal passes it on line by line. */
static int read_stdin(struct pairline *line, struct typed *t, char why[PAIRLINE_WHY])
{
	char some[PAIRLINE_TEXT];
	ssize_t n;
	int r;

	do {
		n = read(STDIN_FILENO, some, sizeof(some));
		if (n > 0)
			take(t, some, (size_t)n);
		r = pairline_read(line, t->chars, t->len, why);
	} while ((n > 0 && r == -EAGAIN && !t->too_long) || (n < 0 && errno == EINTR));
	wipe(some, sizeof(some));
	if (n == 0 && t->len == 0)
		snprintf(why, PAIRLINE_WHY, "standard input is empty");
	return r;
}

bool readline(struct pairline *line, const char *arg, const char *what)
{
	bool in_argv = arg && strcmp(arg, "-") != 0;
	struct typed t = { 0 };
	char why[PAIRLINE_WHY];
	int r;

	if (in_argv) {
		take(&t, arg, strlen(arg));
		r = pairline_read(line, t.chars, t.len, why);
	} else {
		if (isatty(STDIN_FILENO))
			fprintf(stderr, "Paste %s: ", what);
		r = read_stdin(line, &t, why);
	}
	wipe(&t, sizeof(t));
	if (r < 0) {
		say("this is not %s: %s", what, why);
		return false;
	}
	if (in_argv && pairline_has_psk(line)) {
		wipe(line, sizeof(*line));
		say("the line holds a preshared key, which is no longer secret once it is on "
		    "the command line: the list of processes and the shell's history show it. "
		    "Make a new line (taut new --psk --force) and pass it on standard input "
		    "('-')");
		return false;
	}
	return true;
}
