/* SPDX-License-Identifier: ISC */
#include "jail/rlimits.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Never raises what somebody else has set lower. */
static int lower(int what, rlim_t most)
{
	struct rlimit now;

	if (getrlimit(what, &now) < 0)
		return -errno;
	if (now.rlim_max != RLIM_INFINITY && now.rlim_max < most)
		most = now.rlim_max;
	now = (struct rlimit){ .rlim_cur = most, .rlim_max = most };
	return setrlimit(what, &now) < 0 ? -errno : 0;
}

static bool logs_to_file(void)
{
	struct stat st;

	return fstat(STDERR_FILENO, &st) == 0 && S_ISREG(st.st_mode);
}

static int limit_files(uint64_t file_max)
{
	if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR)
		return -errno;
	return lower(RLIMIT_FSIZE, (rlim_t)file_max);
}

int rlimits_set(uint64_t file_max, unsigned descriptors, bool threads, bool *held,
		char what[RLIMITS_TEXT])
{
	bool to_file = logs_to_file();
	int r = lower(RLIMIT_CORE, 0);

	if (r == 0 && !to_file)
		r = limit_files(file_max);
	if (r == 0 && descriptors)
		r = lower(RLIMIT_NOFILE, descriptors);
	if (r == 0 && !threads)
		r = lower(RLIMIT_NPROC, 0);
	if (r < 0)
		return r;
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return -errno;
	*held = !to_file;
	if (to_file)
		snprintf(what, RLIMITS_TEXT, "the log is a file, so files may grow");
	else
		snprintf(what, RLIMITS_TEXT, "no core dump, %s, files up to %" PRIu64 " bytes",
			 threads ? "threads" : "no process", file_max);
	return 0;
}
