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
		say("%s: only root can check whether this file exists (try sudo)", path);
	if (r == 0 || r == -EACCES) {
		say("%s is not running", name);
		return EXITCODE_DOWN;
	}
	say("%s is not running and has no file", name);
	return EXITCODE_NONE;
}
