/* SPDX-License-Identifier: ISC */
#ifndef TESTS_JAILED_H
#define TESTS_JAILED_H

/*
 * Something to try in a child process, free or in the jail.  What came of it is one number: 0,
 * an errno, or JAILED_DIED.
 */

#include <errno.h>
#include <stdbool.h>

#include "jail/jail.h"

enum { JAILED_DIED = 1000, JAILED_CANNOT = 99 };

/* Returns 0 or -errno; does not return if it dies of what it tries. */
typedef int jailed_fn(void);

enum jailed_where { JAILED_FREE, JAILED_LOGGED, JAILED_HELD, JAILED_THREADED };

/* The user to become: nobody. */
extern const struct user jailed_nobody;
/* Files that may be read, for jail_plan; NULL: none. */
extern const char *const *jailed_files;
/* Called in each child before the jail; NULL: nothing. */
extern void (*jailed_before)(void);

/*
 * Fork, enter the jail unless free, try. JAILED_DIED + number: killed by that signal.
 * JAILED_CANNOT: the jail could not be entered, or a part of it does not hold.
 */
int jailed_try(jailed_fn *fn, enum jailed_where where);
/* Exits with 77 unless root, with rights over other users. */
void jailed_needs_root(void);
/*
 * In such a function: print where, and return, unless the condition holds.  What cmocka
 * asserts must come out in the parent.
 */
#define JAILED_MUST(condition)                                         \
	do {                                                           \
		if (!(condition) && jailed_failed(__FILE__, __LINE__)) \
			return -EPROTO;                                \
	} while (0)
bool jailed_failed(const char *file, int line); /* true */
/* jail_enter() as these tests want it; false: it failed, and was printed. */
bool jailed_enter(enum jailed_where where, struct jail_report *report);

#endif
