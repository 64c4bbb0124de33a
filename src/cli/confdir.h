/* SPDX-License-Identifier: ISC */
#ifndef CLI_CONFDIR_H
#define CLI_CONFDIR_H

/*
 * The files that the cli makes in /etc/taut: for root only, whole or not at all,
 * and never over another one unless that was asked for.
 */

#include <limits.h>
#include <stdbool.h>

#include "base/text.h"
#include "conf/conf.h"

#define CONFDIR "/etc/taut"

/* CONFDIR/NAME.conf and the like; a good name always fits. */
void confdir_path(char path[PATH_MAX], const char *name, const char *suffix);
/*
 * May NAME.conf be made: there is none, or force.  false: said why.  Says so, too, when
 * it will hide /etc/wireguard/NAME.conf.
 */
bool confdir_may_make(const char *name, bool force);
/*
 * Write a file, rights 600, and make CONFDIR, rights 700, if it is missing.  replace:
 * one that is there is exchanged for it in one step.  false: said why, nothing changed.
 */
bool confdir_write(const char *path, const struct print *text, bool replace);
/* All of a file; to be freed with print_fini() always. 0 or -errno. "-": standard input. */
int confdir_read(const char *path, struct print *text);

#endif
