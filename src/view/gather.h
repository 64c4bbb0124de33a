/* SPDX-License-Identifier: ISC */
#ifndef VIEW_GATHER_H
#define VIEW_GATHER_H

/* The reports of one tunnel, or of all running ones. A zeroed struct has none. */

#include <stddef.h>

#include "view/tunnelview.h"

struct gather {
	struct tunnelview *report;
	size_t n;
	unsigned failed; /* of all tunnels: how many did not answer, as was reported */
};

/*
 * name NULL: all. 0; -ENOENT or -ECONNREFUSED: it is not running; or another -errno of ask().
 * For all, a socket that nobody listens on any more is skipped, as wg does.
 */
int gather(struct gather *g, const char *name);
void gather_free(struct gather *g);

#endif
