/* SPDX-License-Identifier: ISC */
#ifndef NETLINK_WATCH_H
#define NETLINK_WATCH_H

/* The kernel's notices when links, addresses or routes change. */

#include <stdbool.h>
#include <stdint.h>

#include "netlink/link.h"

struct watch {
	struct mnl_socket *sock;
	int fd;  /* watch for reading */
	bool up; /* the watched link, as last reported */
};

/* What happened since the last read. */
struct watch_news {
	bool link_changed; /* `link` holds the latest state of the watched link */
	bool link_fell;    /* it went down, though it may be up again by now */
	bool link_gone;    /* the watched link was deleted */
	bool link_moved;   /* it went to another network namespace, where it lives on unseen */
	struct link_info link;
	bool forwarding_changed; /* perhaps: net.ipv4.conf or net.ipv6.conf did */
	bool network_changed;    /* another link, an address or a route changed */
	bool lost;               /* the queue overflowed: check everything again */
};

int watch_open(struct watch *w);
void watch_close(struct watch *w);
/* Read all that waits. ifindex: the link we care about. 0 or -errno. */
int watch_read(struct watch *w, uint32_t ifindex, struct watch_news *news);

#endif
