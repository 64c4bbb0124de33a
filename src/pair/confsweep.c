/* SPDX-License-Identifier: ISC */
#include "pair/confsweep.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/text.h"
#include "pair/confdir.h"

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

/* ".NAME.ID"; the file's name itself is not empty. */
static bool is_unfinished(const char *file, size_t *len)
{
	const char *id = strrchr(file, '.');
	uint64_t number;

	if (file[0] != '.' || !id || id == file ||
	    !text_u64(text_from_str(id + 1), INT32_MAX, &number))
		return false;
	*len = (size_t)(id - file);
	return true;
}

static bool is_ours(const char *file, size_t len)
{
	static const char *const suffix[] = { ".conf", ".key", ".pair" };
	size_t i;

	for (i = 0; i < LEN(suffix); i++) {
		if (ends_with(file + 1, len - 1, suffix[i]))
			return true;
	}
	return false;
}

static void sweep_psks(int folder, const char *name)
{
	DIR *d = open_folder(folder, name);
	const struct dirent *entry;
	size_t len;

	if (!d)
		return;
	while ((entry = readdir(d))) {
		if (is_unfinished(entry->d_name, &len))
			unlinkat(dirfd(d), entry->d_name, 0);
	}
	closedir(d);
}

void confsweep(int folder)
{
	DIR *d = open_folder(folder, ".");
	const struct dirent *entry;
	size_t len;

	if (!d)
		return;
	while ((entry = readdir(d))) {
		if (is_unfinished(entry->d_name, &len) && is_ours(entry->d_name, len))
			unlinkat(folder, entry->d_name, 0);
		else if (ends_with(entry->d_name, strlen(entry->d_name), ".psk"))
			sweep_psks(folder, entry->d_name);
	}
	closedir(d);
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
