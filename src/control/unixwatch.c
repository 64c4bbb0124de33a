/* SPDX-License-Identifier: ISC */
#include "control/unixwatch.h"

#include <errno.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

/*
 * Unlinking a socket that is open reports IN_ATTRIB on the file (its link count) and
 * IN_DELETE in the directory; a directory that is removed or moved as a whole
 * reports only that.
 */
static bool notify_open(struct unixwatch *w, const char *dir)
{
	const uint32_t in_dir = IN_DELETE | IN_MOVE | IN_DELETE_SELF | IN_MOVE_SELF;
	const uint32_t of_file = IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;

	w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (w->fd < 0)
		return false;
	if (inotify_add_watch(w->fd, dir, in_dir) < 0)
		goto none;
	/* The file may be gone already; unixwatch_look() handles that. */
	if (inotify_add_watch(w->fd, w->path, of_file) < 0 && errno != ENOENT)
		goto none;
	return true;

none:
	close(w->fd);
	return false;
}

int unixwatch_open(struct unixwatch *w, const char *dir, const char *name, bool taken)
{
	int r;

	*w = (struct unixwatch){ .fd = -1 };
	r = unixsock_path(w->path, dir, name);
	if (r < 0)
		return r;
	if (unixsock_own_path(w->own, dir, name) < 0)
		*w->own = '\0';
	if (taken)
		memcpy(w->path, w->own, sizeof(w->path));
	/* A zeroed id matches no file: the socket is then found to be gone. */
	if (lstat(w->path, &w->id) < 0)
		memset(&w->id, 0, sizeof(w->id));
	if (!notify_open(w, dir))
		w->fd = -1;
	return 0;
}

bool unixwatch_look(struct unixwatch *w)
{
	char buffer[4096];
	ssize_t n;

	do {
		n = w->fd < 0 ? 0 : read(w->fd, buffer, sizeof(buffer));
	} while (n > 0 || (n < 0 && errno == EINTR));
	return unixsock_is(w->path, &w->id);
}

void unixwatch_close(struct unixwatch *w)
{
	if (!*w->path)
		return;
	if (w->fd >= 0)
		close(w->fd);
	if (unixsock_is(w->path, &w->id))
		unlink(w->path);
	if (*w->own && unixsock_is(w->own, &w->id))
		unlink(w->own);
	*w = (struct unixwatch){ .fd = -1 };
}
