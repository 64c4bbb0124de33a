/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_APPLY_H
#define DAEMON_APPLY_H

/*
 * Apply a configuration to the tunnel: keys, peers, allowed IPs, endpoints.
 * Everything that can fail for a reason the client could fix is checked first; after
 * that only memory can run out.
 */

#include "base/print.h"
#include "conf/conf.h"
#include "names/names.h"
#include "proto/tunnel.h"

/*
 * Check, as well as possible, that there is memory for all of it and room for the
 * peers.  0, -ENOMEM or -ENOSPC; nothing is changed.
 */
int apply_check(const struct tunnel *t, const struct conf *c);

/* Apply a set request, which lists changes. 0 or -ENOMEM. */
int apply_request(struct tunnel *t, struct names *names, const struct conf *c, struct instant now);

/*
 * Apply a whole file, which describes the result.  Peers that are not in it are
 * removed; of the others only what differs is changed, so that their sessions
 * survive.  An endpoint is changed only if it differs between c and old, or if the peer
 * has none: a peer that has roamed keeps its current one.  report: one line per changed
 * peer.  0 or -ENOMEM.
 */
int apply_file(struct tunnel *t, struct names *names, const struct conf *c, const struct conf *old,
	       struct instant now, struct print *report);

#endif
