/* SPDX-License-Identifier: ISC */
#include "cli/confdir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "cli/verb.h"

enum { FILE_MAX = 16 << 20, SUFFIX_MAX = 8 };

/* PATH_MAX is room enough for these: CONFDIR, a name, and a short suffix. */
void confdir_path(char path[PATH_MAX], const char *name, const char *suffix)
{
	snprintf(path, PATH_MAX, "%s/%.*s%.*s", CONFDIR, CONF_NAME_MAX, name, SUFFIX_MAX, suffix);
}

bool confdir_may_make(const char *name, bool force)
{
	char path[PATH_MAX];
	struct stat st;
	bool there;

	confdir_path(path, name, ".conf");
	there = lstat(path, &st) == 0;
	if (!there && errno != ENOENT) {
		verb_say("%s: %m%s", path, errno == EACCES ? " (try sudo)" : "");
		return false;
	}
	if (there && !force) {
		verb_say("%s is there already: choose another name, or replace it with --force",
			 path);
		return false;
	}
	snprintf(path, sizeof(path), "/etc/wireguard/%s.conf", name);
	if (lstat(path, &st) == 0)
		verb_say("note: %s/%s.conf will be used instead of %s from now on", CONFDIR, name,
			 path);
	return true;
}

/* The folder, opened; -1: said why. */
static int open_folder(void)
{
	struct stat st;
	int fd;

	if (mkdir(CONFDIR, 0700) < 0 && errno != EEXIST) {
		verb_say("cannot make %s: %m%s", CONFDIR, errno == EACCES ? " (try sudo)" : "");
		return -1;
	}
	fd = open(CONFDIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0) {
		verb_say("%s: %m%s", CONFDIR, errno == EACCES ? " (try sudo)" : "");
		goto fail;
	}
	if (st.st_mode & (S_IWGRP | S_IWOTH)) {
		verb_say("%s: others than its owner may write it; chmod 700 %s", CONFDIR, CONFDIR);
		goto fail;
	}
	return fd;

fail:
	if (fd >= 0)
		close(fd);
	return -1;
}

static int write_all(int fd, const char *chars, size_t len)
{
	while (len) {
		ssize_t n = write(fd, chars, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		chars += n;
		len -= (size_t)n;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

/* A name that is nobody's: the process has one id, and O_EXCL does the rest. */
static int write_beside(int folder, const char *temporary, const struct print *text)
{
	int fd, r;

	unlinkat(folder, temporary, 0); /* of a process of our id that died */
	fd = openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = fchmod(fd, 0600) < 0 ? -errno : 0; /* whatever the umask took away */
	if (r == 0)
		r = write_all(fd, text->chars, text->len);
	if (close(fd) < 0 && r == 0)
		r = -errno;
	return r;
}

static int move(int folder, const char *from, const char *to, bool replace)
{
	if (replace)
		return renameat(folder, from, folder, to) < 0 ? -errno : 0;
	if (renameat2(folder, from, folder, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	/* A file system that does not know how: a second name never replaces either. */
	if (linkat(folder, from, folder, to, 0) < 0)
		return -errno;
	unlinkat(folder, from, 0);
	return 0;
}

bool confdir_write(const char *path, const struct print *text, bool replace)
{
	const char *name = strrchr(path, '/') + 1;
	char temporary[64];
	int folder, r;

	if (text->failed || text->len == 0) {
		verb_say("%s: %s", path, strerror(ENOMEM));
		return false;
	}
	folder = open_folder();
	if (folder < 0)
		return false;
	snprintf(temporary, sizeof(temporary), ".%s.%d", name, (int)getpid());
	r = write_beside(folder, temporary, text);
	if (r == 0)
		r = move(folder, temporary, name, replace);
	if (r < 0)
		unlinkat(folder, temporary, 0);
	else
		fsync(folder);
	close(folder);
	if (r == -EEXIST)
		verb_say("%s is there already: choose another name, or replace it with --force",
			 path);
	else if (r < 0)
		verb_say("cannot write %s: %s", path, strerror(-r));
	return r == 0;
}

static int read_all(int fd, struct print *text)
{
	char some[4096];
	ssize_t n;

	do {
		n = read(fd, some, sizeof(some));
		if (n > 0)
			print_bytes(text, some, (size_t)n);
	} while ((n > 0 && text->len <= FILE_MAX && !text->failed) || (n < 0 && errno == EINTR));
	wipe(some, sizeof(some));
	if (n < 0)
		return -errno;
	if (text->failed)
		return -ENOMEM;
	return text->len > FILE_MAX ? -EFBIG : 0;
}

int confdir_read(const char *path, struct print *text)
{
	bool is_stdin = strcmp(path, "-") == 0;
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), r;

	if (fd < 0)
		return -errno;
	r = read_all(fd, text);
	if (!is_stdin)
		close(fd);
	return r;
}
