/* SPDX-License-Identifier: ISC */
#ifndef JAIL_FILTER_H
#define JAIL_FILTER_H

/* The table of jail/calls.h as filters of the kernel, for good. */

#include <stdbool.h>

/*
 * Afterwards this process and its threads make no other calls than those of the table; with
 * log, they make them, and the kernel notes each one in its log. threads: also those calls
 * that make threads. Needs NoNewPrivs. 0; -ENOSYS: this build or this kernel has no filters, or
 * they may not be used here, and *why says which; another -errno: it failed, and part of it
 * may be in force.
 */
int filter_enter(bool log, bool threads, const char **why);

#endif
