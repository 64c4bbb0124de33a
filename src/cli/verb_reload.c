/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/verb.h"
#include "control/ask.h"
#include "pair/confdir.h"

static int answered(const char *name, const struct print *lines, int number)
{
	const char *chars = lines->len ? lines->chars : "";

	if (number == 0) {
		fputs(chars, stdout);
		return EXITCODE_OK;
	}
	fputs(chars, stderr);
	if (number == EPERM || number == EACCES)
		say("%s: %s", name, ask_error(-number));
	else if (number == ENOENT)
		say("%s has no file to read again: it was set up through its control socket", name);
	else if (number == ENOTRECOVERABLE)
		say("%s should be restarted", name);
	else
		say("%s keeps running unchanged: %s", name,
		    number == EINVAL ? "the file has errors" : strerror(number));
	return EXITCODE_FAILED;
}

/* What became of it is unknown here; to reload once more does no harm. */
static int unanswered(const char *name, int r)
{
	if (r == -EPROTO)
		say("%s: the connection was cut before the answer came: the worker process of the "
		    "tunnel died, or the tunnel was stopped, or this is no tunnel of taut; if it "
		    "is up, run: taut reload %s",
		    name, name);
	else if (r == -EAGAIN)
		say("%s: no answer yet; its log will say what came of the reload", name);
	else
		say("%s: %s", name, ask_error(r));
	return EXITCODE_FAILED;
}

int verb_reload(const struct command *c)
{
	char name[CONF_NAME_MAX + 1];
	struct print lines = { 0 };
	int r, status;

	if (!verb_name(c->arg, name))
		return EXITCODE_USAGE;
	confdir_tidy(); /* rather than reload the file of one key and another key */
	r = ask(name, "reload=1", &lines);
	status = r < 0 ? unanswered(name, r) : answered(name, &lines, r);
	print_fini(&lines);
	return status;
}
