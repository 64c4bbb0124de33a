/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <unistd.h>

#include "cli/detach.h"
#include "cli/find.h"
#include "cli/verb.h"
#include "daemon/control.h"

int up_tunnel(const struct command *c)
{
	struct daemon_options o = { .tun_fd = -1, .uapi_fd = -1 };
	char path[PATH_MAX], whole[PATH_MAX];
	int fd;

	if (!find_file(c->arg, path, o.name))
		return VERB_CONFIG;
	/* The daemon goes to / and reads the file again from there. */
	if (!realpath(path, whole)) {
		verb_say("%s: %m", path);
		return VERB_CONFIG;
	}
	fd = control_connect(o.name);
	if (fd >= 0) {
		close(fd);
		if (!c->quiet)
			verb_say("%s runs already", o.name);
		return VERB_OK;
	}
	o.path = whole;
	return detach_run(&o);
}
