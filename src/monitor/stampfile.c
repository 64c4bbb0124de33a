/* SPDX-License-Identifier: ISC */
#include "monitor/stampfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/descriptors.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/write.h"
#include "privsep/blob.h"
#include "privsep/stamps.h"

#define STATE_DIR "/var/lib/taut"
#define NEXT_NAME ".stamp.next"

enum {
	LOOK_MS = 20,   /* between two looks whether it is written */
	WAIT_MS = 1000, /* for that, when it matters; and for the writer of an earlier process */
};

static const uint64_t write_pause = SECOND_NS;
static const struct timespec moment = { .tv_nsec = 1000 * 1000 };

static void say(struct stampfile *f, const char *what, int error)
{
	if (f->said)
		return;
	f->said = true;
	log_warn("%s/%s: %s: %s; if the clock goes back over a restart, peers will not answer "
		 "until it has caught up",
		 f->dir, f->name, what,
		 error == -EBADMSG ? "not written by taut, or damaged" : strerror(-error));
}

/* --- read --- */

/* Ours, or of the user that the unit runs as, whose folder it is; and nobody else's to write. */
static bool is_trusted(const struct stat *file, const struct stat *dir)
{
	uid_t own = geteuid();

	return S_ISREG(file->st_mode) && !(file->st_mode & (S_IWGRP | S_IWOTH)) &&
	       (file->st_uid == own || file->st_uid == 0 ||
		(own == 0 && file->st_uid == dir->st_uid));
}

static int read_all(struct stampfile *f, int fd, size_t len)
{
	size_t done = 0;
	ssize_t n = 1;

	f->bytes = mem_new(len ? len : 1);
	if (!f->bytes)
		return -ENOMEM;
	f->len = len;
	while (n > 0 && done < len) {
		n = read(fd, (char *)f->bytes + done, len - done);
		if (n > 0)
			done += (size_t)n;
	}
	if (n < 0)
		return -errno;
	return done == len && stamps_count(f->bytes, len) >= 0 ? 0 : -EBADMSG;
}

static void forget(struct stampfile *f)
{
	mem_free(f->bytes);
	f->bytes = NULL;
	f->len = 0;
}

/* A process that was killed a moment ago may still write. */
static void await_earlier(int dir)
{
	for (int i = 0; i < WAIT_MS && flock(dir, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
	     i++)
		nanosleep(&moment, NULL);
}

static int read_from(struct stampfile *f, int dir)
{
	/* What is no plain file must not hold us up. */
	int fd = openat(dir, f->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	struct stat file, folder;
	int r = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &file) < 0 || fstat(dir, &folder) < 0)
		r = -errno;
	else if (!is_trusted(&file, &folder))
		r = -EBADMSG;
	else if (file.st_size > BLOB_MAX)
		r = -EFBIG;
	if (r == 0)
		r = read_all(f, fd, (size_t)file.st_size);
	if (r < 0)
		forget(f);
	close(fd);
	return r;
}

/* The first of $STATE_DIRECTORY, which the service manager sets. */
static void choose_dir(struct stampfile *f, const char *name)
{
	const char *given = getenv("STATE_DIRECTORY");
	int n;

	if (given && *given == '/')
		n = snprintf(f->dir, sizeof(f->dir), "%.*s", (int)strcspn(given, ":"), given);
	else
		n = snprintf(f->dir, sizeof(f->dir), STATE_DIR "/%s", name);
	if (n < 0 || (size_t)n >= sizeof(f->dir))
		f->dir[0] = '\0';
	snprintf(f->name, sizeof(f->name), "%s.stamp", name);
}

void stampfile_open(struct stampfile *f, const char *name)
{
	int dir, r;

	*f = (struct stampfile){ .said = false };
	choose_dir(f, name);
	dir = open(f->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = dir < 0 ? -errno : 0;
	if (r == 0) {
		await_earlier(dir);
		r = read_from(f, dir);
	}
	/* Before the first initiation there is none. */
	if (r < 0 && r != -ENOENT)
		say(f, "cannot use it", r);
	if (dir >= 0)
		close(dir);
}

/* --- write --- */

/* Its parents are there, or made as well. */
static int open_dir(const struct stampfile *f)
{
	char path[sizeof(f->dir)];
	int fd;

	memcpy(path, f->dir, sizeof(path));
	for (char *c = path + 1; *c; c++) {
		if (*c != '/')
			continue;
		*c = '\0';
		/* Others have to pass, whatever the umask. */
		if (mkdir(path, 0755) == 0)
			chmod(path, 0755);
		*c = '/';
	}
	mkdir(path, 0700);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int write_next(const struct stampfile *f, int dir)
{
	struct stat folder;
	int fd, r;

	if (unlinkat(dir, NEXT_NAME, 0) < 0 && errno != ENOENT)
		return -errno;
	fd = openat(dir, NEXT_NAME, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	r = write_all(fd, f->bytes, f->len);
	/* By root, in the folder of a unit's user: that user is to read it, too. */
	if (r == 0 && geteuid() == 0 && fstat(dir, &folder) == 0 && folder.st_uid != 0 &&
	    fchown(fd, folder.st_uid, folder.st_gid) < 0)
		r = -errno;
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	if (close(fd) < 0 && r == 0)
		r = -errno;
	return r;
}

static int write_file(const struct stampfile *f)
{
	int dir = open_dir(f), r;

	if (dir < 0)
		return dir;
	/* The writer of a killed process would move what we have begun into place. */
	while (flock(dir, LOCK_EX) < 0 && errno == EINTR)
		;
	r = write_next(f, dir);
	if (r == 0 && renameat(dir, NEXT_NAME, dir, f->name) < 0)
		r = -errno;
	if (r == 0 && fsync(dir) < 0)
		r = -errno;
	if (r < 0)
		unlinkat(dir, NEXT_NAME, 0);
	close(dir);
	return r;
}

/* A disk may take a minute for it, but the monitor must not: a child writes. */
static void write_due(struct stampfile *f)
{
	int none = -1;

	f->due = false;
	f->written_at = clock_now().mono;
	f->writer = fork();
	if (f->writer == 0) {
		/* If it hangs, it must hold nothing that the next start needs. */
		descriptors_close_but(&none, 1);
		_exit(-write_file(f));
	}
	if (f->writer < 0) {
		say(f, "cannot write it", -errno);
		f->writer = 0;
	}
}

/* true: none writes any more. */
static bool is_written(struct stampfile *f)
{
	int status = 0;

	if (!f->writer)
		return true;
	if (waitpid(f->writer, &status, WNOHANG) == 0)
		return false;
	f->writer = 0;
	if (status)
		say(f, "cannot write it", WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR);
	return true;
}

static int sooner(int ms, int other)
{
	return ms < 0 || other < ms ? other : ms;
}

int stampfile_work(struct stampfile *f, int ms)
{
	uint64_t since;

	if (!is_written(f))
		return sooner(ms, LOOK_MS);
	if (!f->due)
		return ms;
	since = clock_now().mono - f->written_at;
	if (f->written_at && since < write_pause)
		return sooner(ms, (int)((write_pause - since) / 1000000) + 1);
	write_due(f);
	return sooner(ms, LOOK_MS);
}

static void await_writer(struct stampfile *f)
{
	for (int i = 0; i < WAIT_MS && !is_written(f); i++)
		nanosleep(&moment, NULL);
}

void stampfile_close(struct stampfile *f)
{
	await_writer(f);
	if (f->due && !f->writer)
		write_due(f);
	await_writer(f);
	forget(f);
	*f = (struct stampfile){ .said = false };
}

/* --- what the worker says --- */

int stampfile_take(struct stampfile *f, int blob)
{
	void *bytes;
	size_t len;
	int r;

	r = blob_size(blob, &len);
	if (r < 0)
		return r;
	bytes = mem_new(len ? len : 1);
	if (!bytes)
		return -ENOMEM;
	r = blob_copy(blob, bytes, len);
	if (r == 0 && stamps_count(bytes, len) < 0)
		r = -EINVAL;
	if (r < 0 || (f->bytes && f->len == len && memcmp(f->bytes, bytes, len) == 0)) {
		mem_free(bytes);
		return r;
	}
	forget(f);
	f->bytes = bytes;
	f->len = len;
	f->due = *f->dir;
	return 0;
}

int stampfile_blob(struct stampfile *f)
{
	int blob = f->bytes ? blob_make(f->bytes, f->len) : -ENOENT;

	if (blob < 0 || !*f->dir || !stamps_lead(f->bytes, f->len, clock_now().wall))
		return blob;
	f->due = true;
	stampfile_work(f, -1);
	await_writer(f);
	return blob;
}
