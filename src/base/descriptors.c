/* SPDX-License-Identifier: ISC */
#include "base/descriptors.h"

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/text.h"

/* For Linux before 5.9, which has no close_range(2), and for containers that refuse it. */
static void close_listed(unsigned from, unsigned to)
{
	DIR *dir = opendir("/proc/self/fd");
	const struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		uint64_t fd;

		if (text_u64(text_from_str(entry->d_name), to, &fd) && fd >= from &&
		    fd != (uint64_t)dirfd(dir))
			close((int)fd);
	}
	if (dir)
		closedir(dir);
}

static void close_all(unsigned from, unsigned to)
{
	if (from <= to && close_range(from, to, 0) < 0)
		close_listed(from, to);
}

static int by_number(const void *a, const void *b)
{
	const int *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

void descriptors_close_but(int *keep, size_t n)
{
	unsigned from = STDERR_FILENO + 1;

	qsort(keep, n, sizeof(*keep), by_number);
	for (size_t i = 0; i < n; i++) {
		if (keep[i] < (int)from)
			continue;
		close_all(from, (unsigned)keep[i] - 1);
		from = (unsigned)keep[i] + 1;
	}
	close_all(from, UINT_MAX);
}
