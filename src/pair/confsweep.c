/* SPDX-License-Identifier: ISC */
#include "pair/confsweep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "pair/confdir.h"
#include "pair/conftrail.h"

enum { LOCK_TRIES = 1000 /* 10 ms each */ };

/* A second opening, since the entries are read from where the last reader stopped. */
static DIR *open_folder(int folder, const char *name)
{
	int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d && fd >= 0)
		close(fd);
	return d;
}

static bool ends_with(const char *file, const char *suffix)
{
	size_t len = strlen(file), tail = strlen(suffix);

	return len > tail && strcmp(file + len - tail, suffix) == 0;
}

/* name NULL: of any tunnel. */
static bool is_ours(const char *file, const char *name)
{
	static const char *const suffix[] = { ".conf", ".key", ".pair" };
	size_t i;

	for (i = 0; i < LEN(suffix); i++) {
		if (ends_with(file, suffix[i]) &&
		    (!name || (strlen(file) == strlen(name) + strlen(suffix[i]) &&
			       memcmp(file, name, strlen(name)) == 0)))
			return true;
	}
	return false;
}

/* at: where the file is; folder: where the mark of its command would be. */
static void settle(int folder, int at, const char *file, int id)
{
	if (conftrail_is_committed(folder, id))
		conftrail_remove(at, file, id);
	else
		conftrail_undo(at, file, id);
}

static void sweep_psks(int folder, const char *name)
{
	DIR *d = open_folder(folder, name);
	const struct dirent *entry;
	char file[CONFTRAIL_NAME];
	bool found = false;
	int id;

	if (!d)
		return;
	while ((entry = readdir(d))) {
		if (!conftrail_is_part(entry->d_name, file, &id))
			continue;
		settle(folder, dirfd(d), file, id);
		found = true;
	}
	closedir(d);
	if (found)
		unlinkat(folder, name, AT_REMOVEDIR); /* unless something is left in it */
}

/* Once nothing refers to them any more. */
static void sweep_marks(int folder)
{
	DIR *d = open_folder(folder, ".");
	const struct dirent *entry;
	int id;

	if (!d)
		return;
	while ((entry = readdir(d))) {
		if (conftrail_is_mark(entry->d_name, &id))
			conftrail_end(folder, id);
	}
	closedir(d);
}

/* All who may read the folder can lock it, so it need not be one of ours who does. */
static int lock(int folder)
{
	const struct timespec moment = { .tv_nsec = 10 * 1000 * 1000 };
	int i;

	for (i = 0; i < LOCK_TRIES && flock(folder, LOCK_EX | LOCK_NB) < 0; i++) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -errno;
		nanosleep(&moment, NULL);
	}
	return i < LOCK_TRIES ? 0 : -EAGAIN;
}

static void sweep(int folder)
{
	DIR *d = open_folder(folder, ".");
	const struct dirent *entry;
	char file[CONFTRAIL_NAME];
	int id;

	if (!d)
		return;
	while ((entry = readdir(d))) {
		if (conftrail_is_part(entry->d_name, file, &id) && is_ours(file, NULL))
			settle(folder, folder, file, id);
		else if (ends_with(entry->d_name, ".psk"))
			sweep_psks(folder, entry->d_name);
	}
	closedir(d);
	sweep_marks(folder);
}

int confsweep(int folder)
{
	int r = lock(folder);

	if (r == 0)
		sweep(folder);
	return r;
}

bool confsweep_is_whole(int folder, const char *name)
{
	DIR *d = open_folder(folder, ".");
	const struct dirent *entry;
	char file[CONFTRAIL_NAME];
	bool whole = true;
	int id;

	if (!d)
		return true;
	while ((entry = readdir(d))) {
		if (conftrail_is_part(entry->d_name, file, &id) && is_ours(file, name) &&
		    conftrail_is_moved(folder, file, id) && !conftrail_is_committed(folder, id))
			whole = false;
	}
	closedir(d);
	return whole;
}

void confsweep_psks(const char *name, const char *keep)
{
	const char *slash = keep ? strrchr(keep, '/') : NULL;
	const struct dirent *entry;
	char path[PATH_MAX];
	DIR *d;

	confdir_path(path, name, ".psk");
	d = open_folder(AT_FDCWD, path);
	if (!d)
		return;
	while ((entry = readdir(d))) {
		if (!slash || strcmp(entry->d_name, slash + 1) != 0)
			unlinkat(dirfd(d), entry->d_name, 0);
	}
	closedir(d);
	rmdir(path); /* unless something is left in it */
}
