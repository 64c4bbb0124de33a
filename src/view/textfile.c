/* SPDX-License-Identifier: ISC */
#include "view/textfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/write.h"

enum { MODE = 0644 };

/* node_exporter reads files that end with .prom, which this name does not. */
static int beside(char temporary[PATH_MAX], const char *path)
{
	const char *slash = strrchr(path, '/');
	int folder = slash ? (int)(slash + 1 - path) : 0;
	int n = snprintf(temporary, PATH_MAX, "%.*s.%s.XXXXXX", folder, path, path + folder);

	if (n < 0 || n >= PATH_MAX)
		return -ENAMETOOLONG;
	return path[folder] ? 0 : -EISDIR;
}

int textfile_write(const char *path, const char *text, size_t len)
{
	char temporary[PATH_MAX];
	int fd, r = beside(temporary, path);

	if (r < 0)
		return r;
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = write_all(fd, text, len);
	if (r == 0 && (fchmod(fd, MODE) < 0 || fsync(fd) < 0))
		r = -errno;
	if (close(fd) < 0 && r == 0)
		r = -errno;
	if (r == 0 && rename(temporary, path) < 0)
		r = -errno;
	if (r < 0)
		unlink(temporary);
	return r;
}
