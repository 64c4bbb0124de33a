/* SPDX-License-Identifier: ISC */
#include "base/read.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int read_file(struct print *out, const char *path, size_t max)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), r = 0;
	size_t before = out->len;
	char some[4096];
	ssize_t n = 1;

	if (fd < 0)
		return -errno;
	while (n > 0 && out->len - before <= max) {
		n = read(fd, some, sizeof(some));
		if (n > 0)
			print_bytes(out, some, (size_t)n);
	}
	if (n < 0)
		r = -errno;
	else if (out->failed)
		r = -ENOMEM;
	else if (out->len - before > max)
		r = -EFBIG;
	close(fd);
	return r;
}
