/* SPDX-License-Identifier: ISC */
#ifndef JAIL_USER_H
#define JAIL_USER_H

/* Another user, and becoming it for good. */

#include <stdbool.h>
#include <sys/types.h>

enum { USER_NAME = 32, USER_TEXT = 96 };

struct user {
	uid_t uid;
	gid_t gid;
	char name[USER_NAME]; /* "" if the system has no name for it */
};

/*
 * Look it up: the user of this name; without one, nobody. true: it is the one of this name.
 * Reads the files of the system, so call it before the jail, best before the fork.
 */
bool user_find(struct user *u, const char *name);
/*
 * As root, become this user without any other group, and prove that there is no way back.
 * Other users stay what they are. 0, and *held says whether this process is now not root, and
 * left its groups if it was; what tells why not, or which user it is. Staying root is no error
 * where the kernel allows nothing else: in a user namespace without that user, or without
 * CAP_SETUID. -EPERM: there is a way back, or something is half done; the process must end.
 */
int user_become(const struct user *u, bool *held, char what[USER_TEXT]);

#endif
