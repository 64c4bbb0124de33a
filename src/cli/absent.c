/* SPDX-License-Identifier: ISC */
#include "cli/absent.h"

#include <errno.h>
#include <limits.h>

#include "cli/verb.h"

int absent(const char *arg, const char *name)
{
	char path[PATH_MAX], found[CONF_NAME_MAX + 1];
	int r;

	r = conf_find(arg, path, sizeof(path), found);
	if (r == -EACCES)
		say("%s: only root may look whether there is such a file (try sudo)", path);
	if (r == 0 || r == -EACCES) {
		say("%s does not run", name);
		return EXITCODE_DOWN;
	}
	say("%s does not run, and has no file", name);
	return EXITCODE_NONE;
}
