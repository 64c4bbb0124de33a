/* SPDX-License-Identifier: ISC */
#ifndef HOST_SHIELD_H
#define HOST_SHIELD_H

/* The table of nftables that guards a tunnel (netlink/guard.h). Zeroed: there is none. */

#include "base/prefixes.h"
#include "netlink/nfnl.h"
#include "netlink/rtnl.h"

struct shield {
	struct nfnl nfnl;        /* the table may live as long as this is open */
	struct prefixes address; /* guarded, in the order wanted */
	uint32_t mark;
};

void shield_fini(struct shield *s);
/*
 * Guard these addresses of a device and this mark, instead of what was guarded before.  Some are
 * left out: those that another device has as well, because that would cut it off, and
 * link-local ones, which other devices may get at any time.  0, or -errno: all is as it was.
 */
int shield_raise(struct shield *s, struct rtnl *r, const char *name, uint32_t ifindex,
		 const struct prefixes *address, uint32_t mark);
/* The same table once more. */
int shield_renew(struct shield *s, const char *name);
int shield_drop(struct shield *s, const char *name);

#endif
