/* SPDX-License-Identifier: ISC */
#ifndef PAIR_CONFDIR_H
#define PAIR_CONFDIR_H

/*
 * The files that the cli creates in /etc/taut: complete or not at all, and never over an
 * existing one unless asked to. Keys are in separate files that only root may read; files that
 * the service reads are readable for its group, too, where that exists.
 */

#include <limits.h>
#include <stdbool.h>

#include "base/print.h"
#include "conf/conf.h"

#define CONFDIR "/etc/taut"

/* CONFDIR/NAME.conf and the like; a valid name always fits. */
void confdir_path(char path[PATH_MAX], const char *name, const char *suffix);
/*
 * Undo what a killed command left half done, as far as we may, and wait for one that is at work,
 * at most 10 s. Before existing files are read in order to change or to use them; the functions
 * that write do it as well.
 */
void confdir_tidy(void);
/* NAME.conf and NAME.key belong together: all was undone. false: reported. */
bool confdir_is_whole(const char *name);
/*
 * Whether NAME.conf and NAME.key may be created: neither exists, or force is set. false:
 * reported. Also reports that the new file will hide /etc/wireguard/NAME.conf.
 */
bool confdir_may_make(const char *name, bool force);

enum confdir_rights {
	CONFDIR_SECRET,  /* 600, root's */
	CONFDIR_SERVICE, /* 640 root:taut; without that group 600 */
	/* Those of the (existing) file that is replaced, but none for others: it has keys. */
	CONFDIR_AS_BEFORE,
};

enum { CONFDIR_FILES = 3 }; /* at most, at a time */

struct confdir_file {
	const char *path; /* in CONFDIR, or in a folder of it, which is created */
	const struct print *text;
	enum confdir_rights rights;
	bool replace; /* replace an existing one, in one step */
	size_t kept;  /* bytes of the text that the file held when it was read; 0: any */
};

/*
 * Write them all, creating CONFDIR if it is missing. They are moved into place one by one,
 * once all of them are on disk; what they replace is kept until the last one is in place. A
 * command that is killed meanwhile is undone by the next one. false: reported, and nothing has
 * changed.
 */
bool confdir_write(const struct confdir_file *files, size_t n);
/* Read a whole file; always free *text with print_fini(). 0 or -errno. "-": standard input. */
int confdir_read(const char *path, struct print *text);

#endif
