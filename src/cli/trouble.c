/* SPDX-License-Identifier: ISC */
#include "cli/trouble.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "cli/verb.h"
#include "control/ask.h"
#include "control/control.h"

#define NAMED "/run/netns" /* ip netns add NAME */

/* The name that ip-netns(8) has for a namespace. false: none. */
static bool find_name(uint64_t netns, char name[NAME_MAX + 1])
{
	DIR *dir = opendir(NAMED);
	const struct dirent *entry;
	struct stat st, own;
	bool found = false;

	if (!dir)
		return false;
	while (!found && stat("/proc/self/ns/net", &own) == 0 && (entry = readdir(dir))) {
		found = fstatat(dirfd(dir), entry->d_name, &st, 0) == 0 &&
			st.st_dev == own.st_dev && st.st_ino == netns;
		if (found)
			snprintf(name, NAME_MAX + 1, "%s", entry->d_name);
	}
	closedir(dir);
	return found;
}

void trouble(const char *verb, const char *name, int r)
{
	struct unixsock_elsewhere e;
	char found[NAME_MAX + 1];

	if (r != -EXDEV || !control_elsewhere(name, &e))
		say("%s: %s", name, ask_error(r));
	else if (find_name(e.netns, found))
		say("%s does not run in this network namespace, but in %s; for that one, run: ip "
		    "netns exec %s taut %s %s",
		    name, found, found, verb, name);
	else if (e.pid)
		say("%s does not run in this network namespace, but in that of process %ld "
		    "(net:[%" PRIu64 "]); for that one, run: nsenter --net=/proc/%ld/ns/net taut "
		    "%s %s",
		    name, (long)e.pid, e.netns, (long)e.pid, verb, name);
	else
		say("%s does not run in this network namespace, but in another: net:[%" PRIu64 "]",
		    name, e.netns);
}
