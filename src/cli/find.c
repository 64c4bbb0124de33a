/* SPDX-License-Identifier: ISC */
#include "cli/find.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli/verb.h"
#include "pair/confdir.h"

static bool is_in_confdir(const char *path)
{
	return strncmp(path, CONFDIR "/", sizeof(CONFDIR)) == 0;
}

bool find_file(const char *arg, char path[PATH_MAX], char name[CONF_NAME_MAX + 1])
{
	gid_t group;
	int r;

	confdir_tidy();
	r = conf_find(arg, path, PATH_MAX, name);
	if (r == 0 && access(path, F_OK) == 0)
		return !is_in_confdir(path) || confdir_is_whole(name);
	if (r == 0)
		r = -errno;
	if (r == -EINVAL)
		say("'%s' does not name a tunnel: use NAME or NAME.conf, with 1 to 15 of a-z "
		    "A-Z 0-9 _ = + . -",
		    arg);
	else if (r == -ENOENT && !strchr(arg, '/') && access("/etc/wireguard", X_OK) < 0 &&
		 errno == EACCES)
		say("%s: /etc/taut/%s.conf does not exist, and this user has no permission to "
		    "look into /etc/wireguard: copy the file (install -m 600)",
		    arg, arg);
	else if (r == -ENOENT && !strchr(arg, '/'))
		say("%s: neither /etc/taut/%s.conf nor /etc/wireguard/%s.conf exists", arg, arg,
		    arg);
	else if (r == -EACCES && !strchr(arg, '/') && conf_service_group(&group))
		say("%s: this user has no permission to look into its directory; for the "
		    "service: chown root:taut /etc/taut; chmod 750 /etc/taut",
		    path);
	else
		say("%s: %s", path, strerror(-r));
	return false;
}
