/* SPDX-License-Identifier: ISC */
#ifndef HOST_RESOLVCONF_H
#define HOST_RESOLVCONF_H

/*
 * Tell the system's resolver which name servers and search domains a tunnel brings:
 * through resolvectl (systemd-resolved) or, failing that, resolvconf.  Both are
 * started with a fixed argv, never through a shell.
 */

#include <stddef.h>

#include "conf/conf.h"

/* Which helper was used, so that the same one removes the settings at the end. */
enum resolvconf_helper { RESOLVCONF_NONE, RESOLVCONF_BY_RESOLVECTL, RESOLVCONF_BY_RESOLVCONF };

/* 0; -ENOENT: neither program is installed; -EIO: one is, but failed; -E2BIG; -ENOMEM. */
int resolvconf_add(const char *name, const struct conf_dns *dns, size_t n,
		   enum resolvconf_helper *helper);
int resolvconf_del(const char *name, enum resolvconf_helper helper);
/*
 * Remove the record that a killed process left under that name.  resolved forgets a link
 * that is gone, but resolvconf keeps its records.  1: there was one; 0: none; -errno.
 */
int resolvconf_sweep(const char *name);

#endif
