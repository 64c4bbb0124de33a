/* SPDX-License-Identifier: ISC */
#ifndef PAIR_CONFDIR_H
#define PAIR_CONFDIR_H

/*
 * The files that the cli makes in /etc/taut: whole or not at all, and never over
 * another one unless that was asked for.  Keys are in files of their own, for root
 * only; what the service reads itself is for its group, too, where that exists.
 */

#include <limits.h>
#include <stdbool.h>

#include "base/print.h"
#include "conf/conf.h"

#define CONFDIR "/etc/taut"

/* CONFDIR/NAME.conf and the like; a good name always fits. */
void confdir_path(char path[PATH_MAX], const char *name, const char *suffix);
/*
 * May NAME.conf and NAME.key be made: there is none, or force.  false: said why.  Says
 * so, too, when it will hide /etc/wireguard/NAME.conf.
 */
bool confdir_may_make(const char *name, bool force);

enum confdir_rights {
	CONFDIR_SECRET,  /* 600, root's */
	CONFDIR_SERVICE, /* 640 root:taut; without that group 600 */
	/* Those of the file that is replaced (there is one), but none for all: it has keys. */
	CONFDIR_AS_BEFORE,
};

enum { CONFDIR_FILES = 3 }; /* at a time, at most */

struct confdir_file {
	const char *path; /* in CONFDIR */
	const struct print *text;
	enum confdir_rights rights;
	bool replace; /* one that is there, in one step */
	size_t kept;  /* so many bytes of the text are what was there when it was read; 0: any */
};

/*
 * Write them all, and make CONFDIR if it is missing.  They get their places one after
 * the other, once all of them are on the disk; what they replace is kept until the last
 * one has its place.  false: said why, nothing changed.
 */
bool confdir_write(const struct confdir_file *files, size_t n);
/* All of a file; to be freed with print_fini() always. 0 or -errno. "-": standard input. */
int confdir_read(const char *path, struct print *text);

#endif
