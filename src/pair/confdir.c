/* SPDX-License-Identifier: ISC */
#include "pair/confdir.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/say.h"
#include "base/write.h"
#include "pair/confsweep.h"
#include "pair/conftrail.h"

enum { FILE_MAX = 16 << 20, SUFFIX_MAX = 8 };

/* PATH_MAX is room enough for these: CONFDIR, a name, and a short suffix. */
void confdir_path(char path[PATH_MAX], const char *name, const char *suffix)
{
	snprintf(path, PATH_MAX, "%s/%.*s%.*s", CONFDIR, CONF_NAME_MAX, name, SUFFIX_MAX, suffix);
}

static void say_taken(const char *path)
{
	say("%s already exists: choose another name, or replace it with --force", path);
}

/* false: reported. */
static bool may_make(const char *name, const char *suffix, bool force)
{
	char path[PATH_MAX];
	struct stat st;

	confdir_path(path, name, suffix);
	if (lstat(path, &st) == 0) {
		if (!force)
			say_taken(path);
		return force;
	}
	if (errno == ENOENT)
		return true;
	say("%s: %m%s", path, errno == EACCES ? " (try sudo)" : "");
	return false;
}

void confdir_tidy(void)
{
	int folder = open(CONFDIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (folder < 0)
		return;
	confsweep(folder);
	close(folder);
}

bool confdir_is_whole(const char *name)
{
	int folder = open(CONFDIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool whole;

	if (folder < 0)
		return true;
	confsweep(folder);
	whole = confsweep_is_whole(folder, name);
	close(folder);
	if (!whole)
		say("%s/%s.conf and its key do not belong together: a command that replaced them "
		    "was killed; this undoes it: sudo taut check %s",
		    CONFDIR, name, name);
	return whole;
}

bool confdir_may_make(const char *name, bool force)
{
	char path[PATH_MAX];

	confdir_tidy();
	if (!may_make(name, ".conf", force) || !may_make(name, ".key", force))
		return false;
	snprintf(path, sizeof(path), "/etc/wireguard/%s.conf", name);
	if (access(path, F_OK) == 0)
		say("note: %s/%s.conf will be used instead of %s from now on", CONFDIR, name, path);
	return true;
}

/*
 * With the rights that the package gives it. Without the group, or in a namespace without it,
 * it belongs to root alone.
 */
static int make_folder(void)
{
	mode_t mode = 0700;
	gid_t group;

	if (mkdir(CONFDIR, mode) < 0)
		return errno == EEXIST ? 0 : -errno;
	if (conf_service_group(&group) && chown(CONFDIR, (uid_t)-1, group) == 0)
		mode = 0750;
	/* Whatever the umask took away. */
	return chmod(CONFDIR, mode) < 0 ? -errno : 0;
}

/* The opened directory; -1: reported. */
static int open_folder(void)
{
	struct stat st;
	int fd, r = make_folder();

	if (r < 0) {
		say("cannot create %s: %s%s", CONFDIR, strerror(-r),
		    r == -EACCES ? " (try sudo)" : "");
		return -1;
	}
	fd = open(CONFDIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0) {
		say("%s: %m%s", CONFDIR, errno == EACCES ? " (try sudo)" : "");
		goto fail;
	}
	if (st.st_mode & (S_IWGRP | S_IWOTH)) {
		say("%s: users other than its owner may write it; chmod 700 %s", CONFDIR, CONFDIR);
		goto fail;
	}
	return fd;

fail:
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Set who may read it, whatever the umask removed. */
static int give_rights(int folder, int fd, const char *name, enum confdir_rights rights)
{
	struct stat st;
	gid_t group;

	if (rights == CONFDIR_AS_BEFORE) {
		if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    fchown(fd, st.st_uid, st.st_gid) < 0)
			return -errno;
		return fchmod(fd, st.st_mode & 0770) < 0 ? -errno : 0;
	}
	if (rights == CONFDIR_SERVICE && conf_service_group(&group) &&
	    fchown(fd, (uid_t)-1, group) == 0)
		return fchmod(fd, 0640) < 0 ? -errno : 0;
	return fchmod(fd, 0600) < 0 ? -errno : 0;
}

/* In the folder, or (a preshared key) in one below it. */
static const char *name_of(const struct confdir_file *file)
{
	return file->path + sizeof(CONFDIR "/") - 1;
}

/* The length of the name of the folder below, with the slash; 0: it is in the folder itself. */
static size_t len_below(const struct confdir_file *file)
{
	const char *name = name_of(file), *slash = strchr(name, '/');

	return slash ? (size_t)(slash - name) + 1 : 0;
}

static void name_below(char name[CONFTRAIL_NAME], const struct confdir_file *file)
{
	snprintf(name, CONFTRAIL_NAME, "%.*s", (int)len_below(file) - 1, name_of(file));
}

/* Root's alone, whatever the umask is. */
static int make_below(int folder, const struct confdir_file *file)
{
	char name[CONFTRAIL_NAME];

	name_below(name, file);
	return mkdirat(folder, name, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

static void drop_below(int folder, const struct confdir_file *file)
{
	char name[CONFTRAIL_NAME];

	name_below(name, file);
	unlinkat(folder, name, AT_REMOVEDIR); /* unless it has other files */
}

static void sync_below(int folder, const struct confdir_file *file)
{
	char name[CONFTRAIL_NAME];
	int fd;

	name_below(name, file);
	fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
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

/*
 * Check that the existing file equals the part of the new text that was read from it. 0,
 * -ESTALE, or -errno.
 */
static int is_as_read(int folder, const struct confdir_file *file)
{
	struct print text = { 0 };
	int fd, r;

	fd = openat(folder, name_of(file), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	r = read_all(fd, &text);
	close(fd);
	if (r == 0 && (text.len != file->kept || file->text->len < file->kept ||
		       memcmp(text.chars, file->text->chars, file->kept) != 0))
		r = -ESTALE;
	print_fini(&text);
	return r;
}

/*
 * Never replace a directory, nor (unless the admin asked for it) a link to a file kept
 * elsewhere, nor a file that was changed in the meantime.
 */
static int may_replace(int folder, const struct confdir_file *file)
{
	struct stat st;

	if (!file->replace || fstatat(folder, name_of(file), &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (S_ISLNK(st.st_mode) && file->rights == CONFDIR_AS_BEFORE)
		return -ELOOP;
	return file->kept ? is_as_read(folder, file) : 0;
}

static int write_beside(int folder, const struct confdir_file *file)
{
	char temporary[CONFTRAIL_NAME];
	int fd, r;

	r = may_replace(folder, file);
	if (r == 0 && len_below(file))
		r = make_below(folder, file);
	if (r < 0)
		return r;
	conftrail_name(temporary, name_of(file), getpid(), CONFTRAIL_NEW);
	unlinkat(folder, temporary, 0); /* left by a dead process that had our id */
	fd = openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = give_rights(folder, fd, name_of(file), file->rights);
	if (r == 0)
		r = write_all(fd, file->text->chars, file->text->len);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	if (close(fd) < 0 && r == 0)
		r = -errno;
	return r;
}

/* Where there is no file. */
static int add(int folder, const char *from, const char *to)
{
	if (renameat2(folder, from, folder, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	/* The file system does not support it: a hard link never replaces a file either. */
	if (linkat(folder, from, folder, to, 0) < 0)
		return -errno;
	unlinkat(folder, from, 0);
	return 0;
}

/* existed: there is a file to replace. */
static int move(int folder, const struct confdir_file *file, bool existed)
{
	const char *to = name_of(file);
	char from[CONFTRAIL_NAME];

	conftrail_name(from, to, getpid(), CONFTRAIL_NEW);
	if (!existed || !file->replace)
		return add(folder, from, to);
	return renameat(folder, from, folder, to) < 0 ? -errno : 0;
}

static void sync_all(int folder, const struct confdir_file *files, size_t n)
{
	size_t i;

	fsync(folder);
	for (i = 0; i < n; i++) {
		if (len_below(&files[i]))
			sync_below(folder, &files[i]);
	}
}

static void undo(int folder, const struct confdir_file *files, size_t n)
{
	while (n-- > 0) {
		conftrail_undo(folder, name_of(&files[n]), getpid());
		if (len_below(&files[n]))
			drop_below(folder, &files[n]);
	}
	conftrail_end(folder, getpid());
}

/*
 * Anything but a move can fail for lack of space, so the moves come last. A kill may come at any
 * time: confsweep() then finds the trail. *bad: which file failed.
 */
static int move_files(int folder, const struct confdir_file *files, size_t n, size_t *bad)
{
	bool existed[CONFDIR_FILES];
	size_t i;
	int r = 0;

	for (i = 0; i < n && r == 0; i++) {
		*bad = i;
		r = conftrail_begin(folder, name_of(&files[i]), getpid(), &existed[i]);
	}
	if (r == 0)
		sync_all(folder, files, n);
	for (i = 0; i < n && r == 0; i++) {
		*bad = i;
		r = move(folder, &files[i], existed[i]);
	}
	if (r < 0)
		return r;
	sync_all(folder, files, n);
	return conftrail_commit(folder, getpid());
}

static int write_files(int folder, const struct confdir_file *files, size_t n, size_t *bad)
{
	size_t i;
	int r = 0;

	conftrail_end(folder, getpid()); /* of a dead process that had our id */
	for (i = 0; i < n && r == 0; i++) {
		*bad = i;
		r = write_beside(folder, &files[i]);
	}
	if (r == 0)
		r = move_files(folder, files, n, bad);
	if (r < 0) {
		undo(folder, files, n);
		return r;
	}
	fsync(folder);
	for (i = 0; i < n; i++)
		conftrail_remove(folder, name_of(&files[i]), getpid());
	conftrail_end(folder, getpid());
	return 0;
}

/* Ctrl-C must leave nothing half done, and no key in a forgotten file. */
static void hold_signals(sigset_t *before)
{
	sigset_t held;

	sigemptyset(&held);
	sigaddset(&held, SIGHUP);
	sigaddset(&held, SIGINT);
	sigaddset(&held, SIGQUIT);
	sigaddset(&held, SIGTERM);
	sigprocmask(SIG_BLOCK, &held, before);
}

bool confdir_write(const struct confdir_file *files, size_t n)
{
	sigset_t before;
	size_t i, bad = 0;
	int folder, r;

	for (i = 0; i < n; i++) {
		if (!files[i].text->failed && files[i].text->len)
			continue;
		say("%s: %s", files[i].path, strerror(ENOMEM));
		return false;
	}
	folder = open_folder();
	if (folder < 0)
		return false;
	r = confsweep(folder);
	hold_signals(&before);
	if (r != -EAGAIN)
		r = write_files(folder, files, n, &bad);
	sigprocmask(SIG_SETMASK, &before, NULL);
	close(folder);
	if (r == -EEXIST)
		say_taken(files[bad].path);
	else if (r == -ESTALE)
		say("%s was changed in the meantime, by another command or an editor: please "
		    "try again; nothing was changed",
		    files[bad].path);
	else if (r == -ELOOP)
		say("%s is a symbolic link to a file that is kept elsewhere: replace it with "
		    "the file itself; nothing was changed",
		    files[bad].path);
	else if (r == -EAGAIN)
		say("another process has locked " CONFDIR " (see: fuser " CONFDIR "); nothing was "
		    "changed");
	else if (r < 0)
		say("cannot write %s: %s; nothing was changed", files[bad].path, strerror(-r));
	return r == 0;
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
