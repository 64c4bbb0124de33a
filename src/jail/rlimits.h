/* SPDX-License-Identifier: ISC */
#ifndef JAIL_RLIMITS_H
#define JAIL_RLIMITS_H

/* Limits of the kernel that take effect even where a filter has a gap. */

#include <stdbool.h>
#include <stdint.h>

enum { RLIMITS_TEXT = 96 };

/*
 * No core dump, and not dumpable: nobody without rights may trace this process. No file grows
 * beyond file_max bytes (memory files count, too), unless stderr is a file, which would be
 * the log; what is beyond is an error, and no signal. It opens no more descriptors than that,
 * 0: as many as before; those with greater numbers stay. No further process, unless there will be
 * threads: the kernel counts those of all processes of the same user, so any number would
 * depend on what else runs. *held: all of it is in force; what tells the details.
 * 0 or -errno.
 */
int rlimits_set(uint64_t file_max, unsigned descriptors, bool threads, bool *held,
		char what[RLIMITS_TEXT]);

#endif
