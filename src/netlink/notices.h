/* SPDX-License-Identifier: ISC */
#ifndef NETLINK_NOTICES_H
#define NETLINK_NOTICES_H

/*
 * What becomes of a few links, addresses, routes and rules, one notice for each change.  The
 * kernel sorts out the rest, before it costs us anything: a host may have a million routes that
 * come and go.
 */

#include <stdbool.h>
#include <stdint.h>

#include "netlink/link.h"
#include "netlink/route.h"

enum notice_of { NOTICE_LINK, NOTICE_ADDRESS, NOTICE_ROUTE, NOTICE_RULE };

struct notice {
	enum notice_of of;
	bool gone;     /* else it is new, or has changed */
	bool replaces; /* a route: it took the place of another to the same destination */
	/*
	 * The netlink port of the program that asked for the change, which is mostly the number
	 * of its process; 0: none did, or the kernel does not say.
	 */
	uint32_t by;
	struct link_info link;
	struct {
		uint32_t ifindex;
		struct prefix prefix;
	} address;
	struct route_entry route;
	struct rule_entry rule;
};

struct notices {
	struct mnl_socket *sock; /* NULL: closed */
	int fd;                  /* watch for reading */
};

/* What is of interest, besides rules, and routes that are ours: with ROUTE_PROTO, to this link. */
enum { NOTICES_ROUTES = 64 };
struct notices_focus {
	uint32_t ifindex;                /* this link, and its addresses */
	const struct route_entry *route; /* routes to these destinations in these tables */
	unsigned n;                      /* at most NOTICES_ROUTES */
};

/* 0 or -errno. */
int notices_open(struct notices *w);
void notices_close(struct notices *w);
/* Until then it is everything. */
int notices_focus(struct notices *w, const struct notices_focus *focus);
/*
 * fn for what waits, within limits.  0; -ENOBUFS: some were lost, and more may wait; or
 * another -errno: the socket is of no use any more.
 */
typedef void notices_fn(const struct notice *n, void *ctx);
int notices_read(struct notices *w, notices_fn *fn, void *ctx);

#endif
