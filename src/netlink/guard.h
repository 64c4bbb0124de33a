/* SPDX-License-Identifier: ISC */
#ifndef NETLINK_GUARD_H
#define NETLINK_GUARD_H

/*
 * What nftables does for a tunnel with a default route, in a table "inet taut-NAME" of its own
 * (+ and =, which nft(8) does not take in a name, are written as /2b and /3d):
 *
 * - A packet to an address of the tunnel that comes in by another device is dropped, unless it
 *   is this host's own: nobody on another network can find out that address, nor what goes on
 *   in its connections (CVE-2019-14899).
 * - An answer to a datagram with the tunnel's mark gets that mark as well, so that strict reverse
 *   path filtering (with src_valid_mark) sees the way back that we use.
 *
 * Since Linux 5.12 the table belongs to the socket that made it: nobody else changes it, not even
 * "flush ruleset", and it vanishes with the socket.
 */

#include "base/prefix.h"
#include "netlink/nfnl.h"

struct guard {
	const char *name; /* of the device */
	uint32_t mark;
	const struct prefix *address; /* their bits do not matter */
	size_t n;
};

/*
 * Make the table, or replace it.  0; or -errno: nothing has changed.  Where the kernel has no
 * nftables, or not all of it, it is one of -EPROTONOSUPPORT, -EOPNOTSUPP, -EINVAL, -ENOENT.
 */
int guard_set(struct nfnl *n, const struct guard *g);
/* Removing one that does not exist succeeds. */
int guard_del(struct nfnl *n, const char *name);

#endif
