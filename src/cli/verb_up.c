/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/detach.h"
#include "cli/find.h"
#include "cli/verb.h"
#include "control/control.h"

/*
 * The daemon changes to / and rereads the file from there. Links are not resolved: they may
 * point to another file by then, which is then the right one.
 */
static bool make_absolute(const char *path, char whole[PATH_MAX])
{
	char here[PATH_MAX] = "";
	int len;

	if (*path != '/' && !getcwd(here, sizeof(here))) {
		say("cannot determine the current directory: %m");
		return false;
	}
	len = snprintf(whole, PATH_MAX, "%s%s%s", here, *here ? "/" : "", path);
	if (len > 0 && len < PATH_MAX)
		return true;
	say("%s: %s", path, strerror(ENAMETOOLONG));
	return false;
}

int verb_up(const struct command *c)
{
	struct monitor_options o = {
		.tun_fd = -1, .uapi_fd = -1, .aead = c->aead, .jail = c->jail, .tune = c->tune
	};
	char path[PATH_MAX], whole[PATH_MAX];
	int fd;

	if (!find_file(c->arg, path, o.name))
		return EXITCODE_CONFIG;
	if (!make_absolute(path, whole))
		return EXITCODE_CONFIG;
	fd = control_connect(o.name);
	if (fd >= 0) {
		close(fd);
		if (!c->quiet)
			say("%s is already running", o.name);
		return EXITCODE_OK;
	}
	o.path = whole;
	return detach_run(&o);
}
