/* SPDX-License-Identifier: ISC */
#include "conf/credential.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_nothing(int fd)
{
	struct stat st;
	char c;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 1 &&
	       pread(fd, &c, 1, 0) == 1 && c == '\n';
}

int credential_open(const char *name, char *path, size_t size)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	char id[NAME_MAX + 1], *slash;
	int fd, n;

	if (!folder || !*folder || strlen(name) > NAME_MAX)
		return -ENOENT;
	memcpy(id, name, strlen(name) + 1);
	while ((slash = strchr(id, '/')))
		*slash = '_';
	n = snprintf(path, size, "%s/%s", folder, id);
	if (n < 0 || (size_t)n >= size)
		return -ENAMETOOLONG;
	/* O_NONBLOCK: a fifo must not block us; a symbolic link is never a credential. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -errno;
	if (!is_nothing(fd))
		return fd;
	close(fd);
	return -ENOENT;
}
