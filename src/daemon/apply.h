/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_APPLY_H
#define DAEMON_APPLY_H

/*
 * A configuration made true in the tunnel: keys, peers, allowed IPs, endpoints.
 * Everything that may fail for a reason the client could mend is checked before;
 * what remains is lack of memory.
 */

#include "base/print.h"
#include "conf/conf.h"
#include "names/names.h"
#include "proto/tunnel.h"

/*
 * Make sure as far as one can that memory for all of it is to be had, and that
 * there is room for the peers: 0, -ENOMEM or -ENOSPC, and nothing has changed.
 */
int apply_check(const struct tunnel *t, const struct conf *c);

/* A set request: says what to change. 0 or -ENOMEM. */
int apply_request(struct tunnel *t, struct names *names, const struct conf *c, struct instant now);

/*
 * A whole file: says what shall be.  Peers that are not in it go; of the others
 * only what differs is touched, so that their sessions live on.  An endpoint is
 * touched only if the file's differs from that of old: a peer that has moved
 * stays where it is.  report: a line per peer that changed.  0 or -ENOMEM.
 */
int apply_file(struct tunnel *t, struct names *names, const struct conf *c, const struct conf *old,
	       struct instant now, struct print *report);

#endif
