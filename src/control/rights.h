/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_RIGHTS_H
#define CONTROL_RIGHTS_H

/*
 * What the other end of a connection may ask for. It is decided once, when the connection is
 * accepted, by the user and groups that the other end had when it connected, as this user
 * namespace sees them.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/text.h"

enum rights {
	RIGHTS_NONE, /* nothing at all */
	RIGHTS_READ, /* what changes nothing, without secrets */
	RIGHTS_ALL,
};

/* Who has them, besides root, who has all. (uid_t)-1 and (gid_t)-1 mean nobody. */
struct rights_rule {
	uid_t own;     /* has all */
	gid_t readers; /* members may read */
	/* What the kernel says for users and groups that this namespace does not know. */
	uid_t unknown_uid;
	gid_t unknown_gid;
};

/*
 * The rule of this process: its own user, unless all tunnels of the host share that one (the
 * user taut); readers are the group taut. Looks both up, so call it before rights are given up.
 */
struct rights_rule rights_rule(void);

/* The other end of a connection, with its supplementary groups. */
struct rights_peer {
	uid_t uid;
	gid_t gid;
	const gid_t *groups;
	size_t n_groups;
};

enum rights rights_judge(const struct rights_rule *rule, const struct rights_peer *peer);
/* Of the other end of an accepted connection. RIGHTS_NONE if the kernel does not tell. */
enum rights rights_of(const struct rights_rule *rule, int fd);

/*
 * The other way round: whether the process that listens at the other end of fd may be the tunnel
 * of that name, and not somebody who may make sockets in dir, like all members of the group. It
 * is root's, or of the user who owns dir, or it is a process of the system's unit
 * taut@NAME.service, under any user.  0; -EKEYREJECTED; -ECONNREFUSED: it is gone.
 */
int rights_check_tunnel(int fd, const char *dir, const char *name);
/* By the text of /proc/PID/cgroup, and that of the first process, the system's service manager. */
bool rights_in_unit(struct text groups, struct text first, const char *name);

/* What a request takes, by its first line. false: there is no such request. */
bool rights_needed(struct text first_line, enum rights *needed);

#endif
