/* SPDX-License-Identifier: ISC */
#ifndef HOST_PRESENT_H
#define HOST_PRESENT_H

/* Which of the things that we have added to the host are there, and put one back. */

#include "host/undo.h"
#include "netlink/notices.h"
#include "netlink/rtnl.h"

/* 1: it was missing; 0: it is there; -EEXIST: it is there, or another is in its place; -errno. */
int present_restore(struct rtnl *r, uint32_t ifindex, const struct object *o);
/*
 * Everything that is on the host now and looks like an object of the list, also what is not in
 * the list: sorted, in a set that was empty.  0 or -errno.
 */
int present_look(struct rtnl *r, uint32_t ifindex, const struct undo *l, struct objects *there);
/* Put back all that is kept, as far as possible. */
void present_redo(struct rtnl *r, uint32_t ifindex, const struct undo *l);

/* What the kernel says about some of them. */
enum present_news {
	PRESENT_NOTHING,
	PRESENT_GONE,
	PRESENT_THERE,
	PRESENT_TAKEN, /* another is in its place */
	PRESENT_FREE,  /* ...is gone from there */
};
enum { PRESENT_MOST = 2 }; /* objects of a notice */
/* About how many, and which: 0: none that could be ours. */
unsigned present_read(struct object o[PRESENT_MOST], enum present_news *news, uint32_t ifindex,
		      const struct notice *n);

#endif
