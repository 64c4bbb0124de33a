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
};

/* The socket that DIR/NAME.sock is now. 0 or -errno: -EINVAL: no such name. */
int unixwatch_open(struct unixwatch *w, const char *dir, const char *name);
/* true: it is still there. */
bool unixwatch_look(struct unixwatch *w);
/* Remove the file if it is still ours. */
void unixwatch_close(struct unixwatch *w);

#endif
