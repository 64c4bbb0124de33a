/* SPDX-License-Identifier: ISC */
#ifndef NETLINK_WATCH_H
#define NETLINK_WATCH_H

/*
 * The kernel's notices when links, addresses or routes change.  Those about routes have a
 * descriptor of their own: a routing daemon may cause a million of them.  If not each one
 * matters, they may wait; what does not fit into the queue is lost, and that is told.
 */

#include <stdbool.h>
#include <stdint.h>

#include "netlink/link.h"

struct watch {
	struct mnl_socket *sock, *route_sock;
	int fd;       /* watch for reading: watch_read()... */
	int route_fd; /* ...and watch_read_routes() */
	bool up;      /* the watched link, as last reported */
};

/* What happened since the last read. */
struct watch_news {
	bool link_changed; /* `link` holds the latest state of the watched link */
	bool link_fell;    /* it went down, though it may be up again by now */
	bool link_gone;    /* the watched link was deleted */
	bool link_moved;   /* it went to another network namespace, where it lives on unseen */
	struct link_info link;
	bool forwarding_changed; /* perhaps: net.ipv4.conf or net.ipv6.conf did */
	bool network_changed;    /* another link, or an address of one, changed */
	bool lost;               /* the queue overflowed: check everything again */
};

int watch_open(struct watch *w);
void watch_close(struct watch *w);
/* Read what waits, within limits. ifindex: the link we care about. 0 or -errno. */
int watch_read(struct watch *w, uint32_t ifindex, struct watch_news *news);
/*
 * The same for routes.  *changed: one that does not lead to this link did, or may have.
 * Returns how many notices there were, or -errno.
 */
int watch_read_routes(struct watch *w, uint32_t ifindex, bool *changed);

#endif
