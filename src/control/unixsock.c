/* SPDX-License-Identifier: ISC */
#include "control/unixsock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/text.h"
#include "conf/conf.h"
#include "control/rights.h"

enum { BACKLOG = 16, TRIES = 4 };

int unixsock_path(char path[UNIXSOCK_PATH_MAX], const char *dir, const char *name)
{
	int len;

	if (!conf_name_ok(name))
		return -EINVAL;
	len = snprintf(path, UNIXSOCK_PATH_MAX, "%s/%s.sock", dir, name);
	if (len < 0 || len >= UNIXSOCK_PATH_MAX)
		return -ENAMETOOLONG;
	return 0;
}

static struct sockaddr_un address(const char path[UNIXSOCK_PATH_MAX])
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	_Static_assert(sizeof(sun.sun_path) == UNIXSOCK_PATH_MAX, "sun_path");
	memcpy(sun.sun_path, path, strnlen(path, UNIXSOCK_PATH_MAX - 1));
	return sun;
}

/* ms: how long to wait for a place in a full backlog; with SOCK_NONBLOCK never. */
static int connect_path(const char path[UNIXSOCK_PATH_MAX], int flags, unsigned ms)
{
	const struct timeval wait = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };
	struct sockaddr_un sun = address(path);
	int fd, r = 0;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	while (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0) {
		if (errno == EINTR)
			continue;
		r = -errno;
		break;
	}
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

int unixsock_connect(const char *dir, const char *name, unsigned ms)
{
	char path[UNIXSOCK_PATH_MAX];
	int fd, r = unixsock_path(path, dir, name);

	if (r < 0)
		return r;
	fd = connect_path(path, 0, ms);
	if (fd < 0 || geteuid() != 0)
		return fd;
	r = rights_check_tunnel(fd, dir, name);
	if (r == 0)
		return fd;
	close(fd);
	return r;
}

/* 0: the path is free. */
static int clear_stale(const char path[UNIXSOCK_PATH_MAX])
{
	struct stat st;
	int fd = connect_path(path, SOCK_NONBLOCK, 0);

	if (fd >= 0) {
		close(fd);
		return -EADDRINUSE;
	}
	if (fd == -ENOENT)
		return 0;
	if (fd == -EACCES)
		return -EPERM;
	/*
	 * A full backlog (EAGAIN) has an owner; a file that is not a socket is not ours to
	 * remove.
	 */
	if (fd != -ECONNREFUSED || lstat(path, &st) < 0 || !S_ISSOCK(st.st_mode))
		return -EADDRINUSE;
	if (unlink(path) < 0 && errno != ENOENT)
		return errno == EACCES ? -EPERM : -errno;
	return 0;
}

/* ".NAME.PID" of a dead process, killed before its socket had its final name. */
static bool is_left(const char *file, const char *name)
{
	size_t len = strlen(name);
	uint64_t pid;

	if (file[0] != '.' || strncmp(file + 1, name, len) != 0 || file[len + 1] != '.' ||
	    !text_u64(text_from_str(file + len + 2), INT32_MAX, &pid) || pid == 0)
		return false;
	return kill((pid_t)pid, 0) < 0 && errno == ESRCH;
}

static void sweep(const char *dir, const char *name)
{
	DIR *d = opendir(dir);
	const struct dirent *entry;

	if (!d)
		return;
	while ((entry = readdir(d))) {
		if (is_left(entry->d_name, name))
			unlinkat(dirfd(d), entry->d_name, 0);
	}
	closedir(d);
}

int unixsock_sweep(const char *dir, const char *name)
{
	char path[UNIXSOCK_PATH_MAX];
	struct stat st;
	int r = unixsock_path(path, dir, name);

	if (r < 0)
		return r;
	sweep(dir, name);
	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	r = clear_stale(path);
	return r < 0 ? r : 1;
}

static int bind_hidden(int fd, const char hidden[UNIXSOCK_PATH_MAX])
{
	struct sockaddr_un sun = address(hidden);
	mode_t mask = umask(0177);
	int r = 0;

	unlink(hidden); /* of a process that had our pid and died here */
	if (bind(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0)
		r = -errno;
	umask(mask);
	return r;
}

/* A unit runs with that group, and its filter of system calls forbids lchown(2). */
static bool has_group(const char hidden[UNIXSOCK_PATH_MAX], gid_t group)
{
	struct stat st;

	if (lstat(hidden, &st) == 0 && st.st_gid == group)
		return true;
	return lchown(hidden, (uid_t)-1, group) == 0;
}

/*
 * Anybody who may write to the directory could put something else there in the meantime: no link
 * is followed. A process that may not give it to the group keeps it for itself, and so does one
 * whose C library or filter of system calls cannot do that.
 */
static bool share(const char hidden[UNIXSOCK_PATH_MAX], gid_t group)
{
	return group != (gid_t)-1 && has_group(hidden, group) &&
	       fchmodat(AT_FDCWD, hidden, 0660, AT_SYMLINK_NOFOLLOW) == 0;
}

/* link(2), unlike rename(2), never replaces an existing file. */
static int show(const char hidden[UNIXSOCK_PATH_MAX], const char path[UNIXSOCK_PATH_MAX])
{
	int i, r = -EADDRINUSE;

	for (i = 0; i < TRIES; i++) {
		if (link(hidden, path) == 0)
			return 0;
		if (errno != EEXIST)
			return -errno;
		r = clear_stale(path);
		if (r < 0)
			return r;
	}
	return r < 0 ? r : -EADDRINUSE;
}

static int make_dir(const char *dir, gid_t group)
{
	mode_t mask = umask(0022);
	int fd, r = mkdir(dir, 0755) < 0 ? -errno : 0;

	umask(mask);
	if (r == -EEXIST)
		return 0;
	if (r < 0 || group == (gid_t)-1)
		return r;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fchown(fd, (uid_t)-1, group) == 0 && fchmod(fd, 01775) < 0)
		r = -errno;
	close(fd);
	return r;
}

int unixsock_listen(const char *dir, const char *name, gid_t group, int *out)
{
	char path[UNIXSOCK_PATH_MAX], hidden[UNIXSOCK_PATH_MAX];
	int fd, len, r;

	r = unixsock_path(path, dir, name);
	if (r < 0)
		return r;
	/* Not "*.sock": wg(8) does not look at it. */
	len = snprintf(hidden, sizeof(hidden), "%s/.%s.%ld", dir, name, (long)getpid());
	if (len < 0 || len >= (int)sizeof(hidden))
		return -ENAMETOOLONG;
	r = make_dir(dir, group);
	if (r < 0)
		return r;
	sweep(dir, name);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	r = bind_hidden(fd, hidden);
	if (r < 0)
		goto out_fd;
	share(hidden, group);
	if (listen(fd, BACKLOG) < 0)
		r = -errno;
	if (r == 0)
		r = show(hidden, path);
	if (r < 0)
		goto out_hidden;
	unlink(hidden);
	*out = fd;
	return 0;

out_hidden:
	unlink(hidden);
out_fd:
	close(fd);
	return r;
}

bool unixsock_is(const char *path, const struct stat *id)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return false;
	return S_ISSOCK(st.st_mode) && st.st_dev == id->st_dev && st.st_ino == id->st_ino;
}
