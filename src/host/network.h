/* SPDX-License-Identifier: ISC */
#ifndef HOST_NETWORK_H
#define HOST_NETWORK_H

/*
 * What a configuration needs from the host's network: addresses, routes, and the
 * policy routing of a default route into the tunnel.  Zeroed: nothing.
 */

#include "base/prefixes.h"
#include "conf/conf.h"
#include "host/host.h"

enum { NETWORK_V4, NETWORK_V6, NETWORK_FAMILIES };

struct network {
	struct prefixes address;       /* as given, in the order given */
	struct prefixes route;         /* masked, sorted */
	uint32_t route_table;          /* of all of them; 0: main */
	bool divert[NETWORK_FAMILIES]; /* everything, by policy (AllowedIPs of /0, Table = auto) */
	uint32_t divert_table; /* number of the table, and mark of what must not be diverted */
};

/* AllowedIPs of /0 with Table = auto: a mark and a table are needed. */
bool network_diverts(const struct conf *c);
/* Fills a zeroed struct. 0 or -ENOMEM. */
int network_want(struct network *n, const struct conf *c, uint32_t divert_table);
bool network_has_ipv6(const struct network *n);
/*
 * Remove the IPv6 part; false: there was none.  What is to be diverted still is, so that nothing
 * leaves in clear should IPv6 be switched on.
 */
bool network_leave_out_ipv6(struct network *n);
void network_fini(struct network *n);
bool network_equal(const struct network *a, const struct network *b);

/*
 * Change the host from one to the other, in four steps: adds first, then removes, so
 * that what is in both never disappears.  The guard of a default route (host_guard()) comes and
 * goes with the addresses.  Addresses can be added before the link is up,
 * routes only after that.  The adding ones: 0 or -errno; after an error that step has
 * changed nothing, and *what names the item that failed, for the log.  What was added is
 * undone by removing with from and to swapped.
 */
int network_add_addresses(struct host *h, uint32_t ifindex, const struct network *from,
			  const struct network *to, char what[128]);
int network_add_routes(struct host *h, uint32_t ifindex, const struct network *from,
		       const struct network *to, char what[128]);
void network_del_routes(struct host *h, uint32_t ifindex, const struct network *from,
			const struct network *to);
void network_del_addresses(struct host *h, uint32_t ifindex, const struct network *from,
			   const struct network *to);

#endif
