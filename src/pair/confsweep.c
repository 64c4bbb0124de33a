/* SPDX-License-Identifier: ISC */
#include "pair/confsweep.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "pair/confdir.h"
#include "pair/conftrail.h"

/* A second opening, since the entries are read from where the last reader stopped. */
static DIR *open_folder(int folder, const char *name)
{
	int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d && fd >= 0)
		close(fd);
	return d;
}

static bool ends_with(const char *file, size_t len, const char *suffix)
{
	size_t tail = strlen(suffix);

	return len > tail && memcmp(file + len - tail, suffix, tail) == 0;
}

static bool is_ours(const char *file)
{
	static const char *const suffix[] = { ".conf", ".key", ".pair" };
	size_t i;

	for (i = 0; i < LEN(suffix); i++) {
		if (ends_with(file, strlen(file), suffix[i]))
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

void confsweep(int folder)
{
	DIR *d = open_folder(folder, ".");
	const struct dirent *entry;
	char file[CONFTRAIL_NAME];
	int id;

	if (!d)
		return;
	while ((entry = readdir(d))) {
		if (conftrail_is_part(entry->d_name, file, &id) && is_ours(file))
			settle(folder, folder, file, id);
		else if (ends_with(entry->d_name, strlen(entry->d_name), ".psk"))
			sweep_psks(folder, entry->d_name);
	}
	closedir(d);
	sweep_marks(folder);
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
