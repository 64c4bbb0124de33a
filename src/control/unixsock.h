/* SPDX-License-Identifier: ISC */
#ifndef CONTROL_UNIXSOCK_H
#define CONTROL_UNIXSOCK_H

/*
 * The file of a control socket: created so that nobody ever finds it bound but not
 * yet listening, as wg(8) and other daemons would take it for stale and remove it.
 */

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

enum { UNIXSOCK_PATH_MAX = 108 }; /* sun_path */

/* DIR/NAME.sock; -EINVAL: name is not an interface's name; -ENAMETOOLONG. */
int unixsock_path(char path[UNIXSOCK_PATH_MAX], const char *dir, const char *name);
/*
 * Create a socket that only our user may connect to, and the members of group, if that is not -1
 * and we may give it away. It never has wider rights than that. A missing dir is created; with a
 * group its members may then make sockets of their own there, but remove nobody else's.
 * -EADDRINUSE: a daemon answers there; -EPERM: there is one of another user, which only that
 * user or root may remove.
 */
int unixsock_listen(const char *dir, const char *name, gid_t group, int *fd);
/*
 * Remove the socket that a killed process left, and its hidden ones.  1: it existed; 0: it
 * did not; -EADDRINUSE: somebody answers there, or it is not a socket; -EPERM: it is another
 * user's; another -errno.
 */
int unixsock_sweep(const char *dir, const char *name);
/*
 * A connected descriptor, which waits for at most ms (> 0) to send, or -errno: -ENOENT no
 * socket, -ECONNREFUSED a stale one; -EAGAIN: many others wait there, and it has accepted none of
 * them for ms; -EKEYREJECTED: we are root, and who listens there need not be the tunnel
 * (rights_check_tunnel()).
 */
int unixsock_connect(const char *dir, const char *name, unsigned ms);
/* true: path is still the socket whose stat(2) result is *id. */
bool unixsock_is(const char *path, const struct stat *id);

#endif
