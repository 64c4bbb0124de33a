/* SPDX-License-Identifier: ISC */
#ifndef VIEW_GATHER_H
#define VIEW_GATHER_H

/* The reports of one tunnel, or of all that run. A zeroed struct has none. */

#include <stddef.h>

#include "view/tunnelview.h"

struct gather {
	struct tunnelview *report;
	size_t n;
	unsigned failed; /* of all: so many would not answer, and it was said why */
};

/*
 * name NULL: all.  0; -ENOENT or -ECONNREFUSED: nobody runs it; or another -errno
 * of ask().  Of all, a socket that nobody listens on any more is passed over, as
 * wg does.
 */
int gather(struct gather *g, const char *name);
void gather_free(struct gather *g);

#endif
