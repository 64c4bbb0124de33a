/* SPDX-License-Identifier: ISC */
#include "cli/absent.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>

#include "cli/verb.h"
#include "host/host.h"

bool absent_closes(const char *name)
{
	struct host *host;
	uint32_t table;
	bool closed;

	if (host_open(&host) < 0)
		return false;
	host_name(host, name);
	closed = host_closed(host, &table) > 0;
	host_close(host);
	return closed;
}

int absent(const char *arg, const char *name)
{
	char path[PATH_MAX], found[CONF_NAME_MAX + 1];
	const char *closed = absent_closes(name) ? "; it was killed and keeps this host closed"
						 : "";
	int r;

	r = conf_find(arg, path, sizeof(path), found);
	if (r == -EACCES)
		say("%s: only root can check whether this file exists (try sudo)", path);
	if (r == 0 || r == -EACCES) {
		say("%s is not running%s", name, closed);
		return EXITCODE_DOWN;
	}
	say("%s is not running and has no file%s", name, closed);
	return EXITCODE_NONE;
}
