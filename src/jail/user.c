/* SPDX-License-Identifier: ISC */
#include "jail/user.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { NOBODY = 65534 };

static bool look_up(struct user *u, const char *name)
{
	const struct passwd *entry = getpwnam(name);

	/* Root by another name would be no jail. */
	if (!entry || entry->pw_uid == 0 || entry->pw_gid == 0)
		return false;
	*u = (struct user){ .uid = entry->pw_uid, .gid = entry->pw_gid };
	snprintf(u->name, sizeof(u->name), "%s", name);
	return true;
}

bool user_find(struct user *u, const char *name)
{
	if (look_up(u, name))
		return true;
	if (!look_up(u, "nobody"))
		*u = (struct user){ .uid = NOBODY, .gid = NOBODY };
	return false;
}

static bool is_all(uid_t uid)
{
	uid_t real, effective, saved;

	return getresuid(&real, &effective, &saved) == 0 && real == uid && effective == uid &&
	       saved == uid;
}

static bool is_all_group(gid_t gid)
{
	gid_t real, effective, saved;

	return getresgid(&real, &effective, &saved) == 0 && real == gid && effective == gid &&
	       saved == gid;
}

static bool is_final(const struct user *u)
{
	if (!is_all(u->uid) || !is_all_group(u->gid))
		return false;
	/* Each of these must fail. */
	return setuid(0) < 0 && seteuid(0) < 0 && setgid(0) < 0 && setegid(0) < 0 &&
	       is_all(u->uid) && is_all_group(u->gid);
}

/* Service managers repeat the group of the process among these. */
static bool has_groups(void)
{
	gid_t group;
	int n = getgroups(0, NULL);

	return n > 1 || (n == 1 && getgroups(1, &group) == 1 && group != getegid());
}

static void tell(const struct user *u, char what[USER_TEXT])
{
	snprintf(what, USER_TEXT, "%s%s%u%s%s", u->name, u->name[0] ? " (" : "", u->uid,
		 u->name[0] ? ")" : "", has_groups() ? ", with other groups" : "");
}

/* Also one that could become root again. */
static bool is_root(void)
{
	uid_t real, effective, saved;

	return getresuid(&real, &effective, &saved) < 0 || !real || !effective || !saved;
}

/* EINVAL: the user namespace does not know it. EPERM: a right is missing, as in a container. */
static int stay(char what[USER_TEXT], int err)
{
	if (err != EINVAL && err != EPERM)
		return -err;
	snprintf(what, USER_TEXT, "root: %s",
		 err == EINVAL ? "this user namespace has no other user"
			       : "changing the user needs CAP_SETUID and CAP_SETGID");
	return 0;
}

int user_become(const struct user *u, bool *held, char what[USER_TEXT])
{
	*held = false;
	if (!is_root()) {
		struct user now = { .uid = geteuid(), .gid = getegid() };

		tell(&now, what);
		*held = true;
		return 0;
	}
	if (u->uid == 0 || u->gid == 0)
		return -EINVAL;
	/* Without the right, or where a user namespace forbids it, the groups stay. */
	if (setgroups(0, NULL) < 0 && errno != EPERM)
		return -errno;
	if (setresgid(u->gid, u->gid, u->gid) < 0 || setresuid(u->uid, u->uid, u->uid) < 0)
		return stay(what, errno);
	if (!is_final(u))
		return -EPERM;
	tell(u, what);
	*held = !has_groups();
	return 0;
}
