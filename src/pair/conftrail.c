/* SPDX-License-Identifier: ISC */
#include "pair/conftrail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/text.h"

static const char *const suffix[] = {
	[CONFTRAIL_NEW] = "",
	[CONFTRAIL_OLD] = ".old",
	[CONFTRAIL_NONE] = ".none",
};
static const char mark[] = ".done.";

void conftrail_name(char name[CONFTRAIL_NAME], const char *file, int id, enum conftrail_part part)
{
	const char *slash = strrchr(file, '/'), *base = slash ? slash + 1 : file;

	snprintf(name, CONFTRAIL_NAME, "%.*s.%s.%d%s", (int)(base - file), file, base, id,
		 suffix[part]);
}

static void mark_name(char name[CONFTRAIL_NAME], int id)
{
	snprintf(name, CONFTRAIL_NAME, "%s%d", mark, id);
}

static bool take_id(struct text t, int *id)
{
	uint64_t number;

	if (!text_u64(t, INT32_MAX, &number))
		return false;
	*id = (int)number;
	return true;
}

/* Without the suffix of a part. */
static size_t len_of_stem(const char *name)
{
	size_t len = strlen(name), part;

	for (part = CONFTRAIL_OLD; part < LEN(suffix); part++) {
		size_t tail = strlen(suffix[part]);

		if (len > tail && strcmp(name + len - tail, suffix[part]) == 0)
			return len - tail;
	}
	return len;
}

bool conftrail_is_part(const char *name, char file[CONFTRAIL_NAME], int *id)
{
	size_t len = len_of_stem(name);
	const char *dot = memrchr(name, '.', len);

	if (name[0] != '.' || !dot || dot - name < 2 || dot - name > CONFTRAIL_NAME ||
	    !take_id(text_from(dot + 1, (size_t)(name + len - dot - 1)), id))
		return false;
	snprintf(file, CONFTRAIL_NAME, "%.*s", (int)(dot - name - 1), name + 1);
	return true;
}

bool conftrail_is_mark(const char *name, int *id)
{
	size_t head = sizeof(mark) - 1;

	return strncmp(name, mark, head) == 0 && take_id(text_from_str(name + head), id);
}

static int make_empty(int folder, const char *name)
{
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

int conftrail_begin(int folder, const char *file, int id, bool *existed)
{
	char name[CONFTRAIL_NAME];

	conftrail_name(name, file, id, CONFTRAIL_OLD);
	*existed = true;
	/* A second name, so that the first one is never missing. */
	if (linkat(folder, file, folder, name, 0) == 0)
		return 0;
	/* The file system has no second names. */
	if (errno == EPERM || errno == EOPNOTSUPP || errno == EMLINK)
		return renameat(folder, file, folder, name) < 0 ? -errno : 0;
	if (errno != ENOENT)
		return -errno;
	*existed = false;
	conftrail_name(name, file, id, CONFTRAIL_NONE);
	return make_empty(folder, name);
}

int conftrail_commit(int folder, int id)
{
	char name[CONFTRAIL_NAME];

	mark_name(name, id);
	return make_empty(folder, name);
}

static bool exists(int folder, const char *name)
{
	struct stat st;

	return fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

bool conftrail_is_committed(int folder, int id)
{
	char name[CONFTRAIL_NAME];

	mark_name(name, id);
	return exists(folder, name);
}

void conftrail_remove(int folder, const char *file, int id)
{
	char name[CONFTRAIL_NAME];
	size_t part;

	/* The new file last: without it, the others mean that it is in place. */
	for (part = LEN(suffix); part-- > 0;) {
		conftrail_name(name, file, id, (enum conftrail_part)part);
		unlinkat(folder, name, 0);
	}
}

void conftrail_end(int folder, int id)
{
	char name[CONFTRAIL_NAME];

	mark_name(name, id);
	unlinkat(folder, name, 0);
}

static bool is_same(int folder, const char *one, const char *other)
{
	struct stat a, b;

	return fstatat(folder, one, &a, AT_SYMLINK_NOFOLLOW) == 0 &&
	       fstatat(folder, other, &b, AT_SYMLINK_NOFOLLOW) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

bool conftrail_is_moved(int folder, const char *file, int id)
{
	char new[CONFTRAIL_NAME], old[CONFTRAIL_NAME], none[CONFTRAIL_NAME];

	conftrail_name(new, file, id, CONFTRAIL_NEW);
	conftrail_name(old, file, id, CONFTRAIL_OLD);
	conftrail_name(none, file, id, CONFTRAIL_NONE);
	if (!exists(folder, old) && !exists(folder, none))
		return false;
	/* It has both names for a moment where a file system cannot do better. */
	return !exists(folder, new) || is_same(folder, new, file);
}

void conftrail_undo(int folder, const char *file, int id)
{
	bool moved = conftrail_is_moved(folder, file, id);
	char old[CONFTRAIL_NAME], none[CONFTRAIL_NAME];

	conftrail_name(old, file, id, CONFTRAIL_OLD);
	conftrail_name(none, file, id, CONFTRAIL_NONE);
	if (exists(folder, old) && (moved || !exists(folder, file)) &&
	    renameat(folder, old, folder, file) < 0)
		return; /* the old file stays where it is, for the next one who tries */
	if (exists(folder, none) && moved)
		unlinkat(folder, file, 0);
	conftrail_remove(folder, file, id);
}
