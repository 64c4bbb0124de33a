/* SPDX-License-Identifier: ISC */
#ifndef HOST_RESOLVCONF_H
#define HOST_RESOLVCONF_H

/*
 * Tell the system's resolver which name servers and domains a tunnel brings: through resolvectl
 * (systemd-resolved) if /etc/resolv.conf leads there, else through resolvconf, or through the
 * other one if that cannot be done.  Both are started with a fixed argv, never through a shell;
 * together they have five seconds, then they are killed.  /etc/resolv.conf itself is left alone.
 *
 * resolvectl: the name servers are asked for all names ("~.") or, if some names are enough and
 * there are domains, only for these.  resolvconf cannot tell names apart: it makes them the only
 * ones (-x), as wg-quick does.
 */

#include <stddef.h>

#include "conf/conf.h"
#include "host/asked.h"
#include "host/spawn.h"

/* Which helper was used, so that the same one removes the settings at the end. */
enum resolvconf_helper {
	RESOLVCONF_NONE,
	RESOLVCONF_BY_RESOLVECTL,
	RESOLVCONF_BY_RESOLVCONF,
	RESOLVCONF_HELPERS
};

struct resolvconf_wish {
	const char *name; /* of the interface */
	const struct conf_dns *dns;
	size_t n;
	bool all; /* names, whatever the domains are: all traffic goes into the tunnel, too */
};

enum { RESOLVCONF_WORDS = 256 };

/* What came of a wish. */
struct resolvconf_result {
	enum resolvconf_helper helper; /* NONE: it failed */
	/* In force or, if it failed, as wished: words; "...": and more. */
	char servers[RESOLVCONF_WORDS], domains[RESOLVCONF_WORDS];
	char aside[ASKED_TEXT];        /* another name server that programs ask; "": none */
	enum resolvconf_helper failed; /* the first that did; NONE: none did, or there is none */
	char said[SPAWN_SAID];         /* its words; "": none */
	enum resolvconf_helper unsure; /* it may have set some, but was killed; NONE: none was */
	bool left_out; /* a server on another interface, which resolved does not take */
};

/*
 * 0; -ENOENT: neither program is installed; -EIO: one is, but failed; -ETIMEDOUT: it did not
 * end; -EADDRNOTAVAIL: resolved takes none of the servers; -E2BIG; -ENOMEM.
 */
int resolvconf_set(const struct resolvconf_wish *wish, struct resolvconf_result *result);
/* aside, as it is now. */
void resolvconf_look(const struct resolvconf_wish *wish, struct resolvconf_result *result);
/* The helpers that have something to remove after that, as bits; and remove it: 0 or -errno. */
unsigned resolvconf_used(const struct resolvconf_result *result);
int resolvconf_undo(const char *name, unsigned helpers);
/*
 * Remove the record that a killed process left under that name.  resolved forgets a link
 * that is gone, but resolvconf keeps its records.  1: there was one; 0: none; -errno.
 */
int resolvconf_sweep(const char *name);
/* "resolvectl", "resolvconf"; NONE: NULL. */
const char *resolvconf_helper_name(enum resolvconf_helper helper);

#endif
