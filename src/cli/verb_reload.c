/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/verb.h"
#include "control/ask.h"

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
	else
		say("%s keeps running unchanged: %s", name,
		    number == EINVAL ? "the file has errors" : strerror(number));
	return EXITCODE_FAILED;
}

int verb_reload(const struct command *c)
{
	char name[CONF_NAME_MAX + 1];
	struct print lines = { 0 };
	int r, status = EXITCODE_FAILED;

	if (!verb_name(c->arg, name))
		return EXITCODE_USAGE;
	r = ask(name, "reload=1", &lines);
	if (r < 0)
		say("%s: %s", name, ask_error(r));
	else
		status = answered(name, &lines, r);
	print_fini(&lines);
	return status;
}
