/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_UNIXWATCH_H
#define CONTROL_UNIXWATCH_H

/* Notice that the file of a control socket was removed: that is how others stop a tunnel. */

#include "control/unixsock.h"

enum { UNIXWATCH_LOOK_MS = 2000 }; /* between looks, where inotify is not available */

/* fd: readable when it is worth a look; -1: look every UNIXWATCH_LOOK_MS. */
struct unixwatch {
	int fd;
	struct stat id; /* of the file, as long as it is ours */
	char path[UNIXSOCK_PATH_MAX];
	char own[UNIXSOCK_PATH_MAX]; /* its name in our network namespace; "": none */
};

/*
 * The socket that DIR/NAME.sock is now, or, if that name was taken, DIR/NAME@INODE.  0 or -errno:
 * -EINVAL: no such name.
 */
int unixwatch_open(struct unixwatch *w, const char *dir, const char *name, bool taken);
/* true: it is still there. */
bool unixwatch_look(struct unixwatch *w);
/* Remove the files that are still ours. */
void unixwatch_close(struct unixwatch *w);

#endif
