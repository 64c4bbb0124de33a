/* SPDX-License-Identifier: ISC */
#include <errno.h>

#include "jail/filter.h"

int filter_enter(bool log, bool threads, const char **why)
{
	(void)log;
	(void)threads;
	*why = "built without libseccomp";
	return -ENOSYS;
}
