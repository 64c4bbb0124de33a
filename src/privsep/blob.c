/* SPDX-License-Identifier: ISC */
#include "privsep/blob.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/write.h"

static const int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

int blob_make(const void *bytes, size_t len)
{
	int fd, r;

	if (len > BLOB_MAX)
		return -E2BIG;
	fd = memfd_create("taut", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -errno;
	r = write_all(fd, bytes, len);
	if (r == 0 && fcntl(fd, F_ADD_SEALS, seals) < 0)
		r = -errno;
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

static bool is_one(int fd, struct stat *st)
{
	int held = fcntl(fd, F_GET_SEALS);

	return held >= 0 && (held & seals) == seals && fstat(fd, st) == 0 &&
	       st->st_size <= BLOB_MAX;
}

int blob_size(int fd, size_t *len)
{
	struct stat st;

	/* Sealed, it cannot shrink afterwards. */
	if (!is_one(fd, &st))
		return -EINVAL;
	*len = (size_t)st.st_size;
	return 0;
}

int blob_copy(int fd, void *bytes, size_t len)
{
	char *at = bytes;
	off_t done = 0;

	while (done < (off_t)len) {
		ssize_t n = pread(fd, at + done, len - (size_t)done, done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		done += n;
	}
	return 0;
}

int blob_read(int fd, struct print *out)
{
	struct stat st;
	void *bytes;

	/* Sealed, it cannot shrink while it is read. */
	if (!is_one(fd, &st))
		return -EINVAL;
	if (st.st_size == 0)
		return 0;
	/* A shared mapping of it, even to read, is refused before Linux 6.7. */
	bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		return -errno;
	print_bytes(out, bytes, (size_t)st.st_size);
	munmap(bytes, (size_t)st.st_size);
	return out->failed ? -ENOMEM : 0;
}
