/* SPDX-License-Identifier: ISC */
#ifndef HOST_HOST_H
#define HOST_HOST_H

/*
 * Everything that needs privileges or changes the host, as plain functions over
 * plain values: no pointer into the monitor, no callback, only descriptors and errno as
 * results.
 *
 * All calls: 0 or -errno.  What was added is remembered; host_undo() removes it in
 * reverse order, and so does host_close().
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/prefix.h"
#include "base/prefixes.h"
#include "conf/conf.h"
#include "host/present.h"
#include "host/resolvconf.h"
#include "netlink/link.h"
#include "netlink/route.h"

struct host;

int host_open(struct host **h);
void host_close(struct host *h);

/* The name of the tunnel that the rest is about. */
void host_name(struct host *h, const char *name);
/* Create the device: name in ("": any), name out. vnet: see io/tun.h. The link stays down. */
int host_tun(struct host *h, char name[16], bool vnet, int *fd);
/* The name of the device that a descriptor is attached to; -EINVAL: it is not ours to use. */
int host_tun_name(struct host *h, int fd, char name[16]);
enum { HOST_SOCKETS = 8 };

/*
 * A pair of UDP sockets, v4 and v6, and those apart (io/udp.h); -1: not available. port 0: any
 * free one.
 */
int host_udp(struct host *h, uint16_t port, uint32_t mark, int fd[HOST_SOCKETS], uint16_t *bound);
/* Set the socket buffers, in bytes; 0: leave as they are. */
void host_buffers(struct host *h, const int fd[HOST_SOCKETS], uint32_t recv_bytes,
		  uint32_t send_bytes);
int host_mark(struct host *h, const int fd[HOST_SOCKETS], uint32_t mark);
/* A socket for questions to a name server. */
struct host_query {
	struct ip server; /* of which the family is needed; the rest may be 0 */
	bool tcp;
	uint32_t mark;
	uint32_t around; /* it leaves by the best route that avoids this link; 0: as routes tell */
	uint32_t link;   /* that it leaves by, then */
};
/* Not connected; q->link is set.  -ENETUNREACH: there is no such route. */
int host_query(struct host *h, struct host_query *q, int *fd);

int host_link(struct host *h, const char *name, struct link_info *info);
int host_link_index(struct host *h, uint32_t ifindex, struct link_info *info);
int host_link_up(struct host *h, uint32_t ifindex, bool up);
/* Set the length of the device's queue, in packets. */
int host_queue_len(struct host *h, uint32_t ifindex, uint32_t packets);
/* Set the most segments of a big packet to the device: see netlink/link.h. */
int host_segments(struct host *h, uint32_t ifindex, uint32_t segments);
int host_mtu(struct host *h, uint32_t ifindex, uint32_t mtu);
int host_address(struct host *h, bool add, uint32_t ifindex, const struct prefix *address);
/* table 0: main */
int host_route(struct host *h, bool add, uint32_t ifindex, const struct prefix *dst,
	       uint32_t table);
/*
 * Policy-route one family into the tunnel: table == mark, rules, src_valid_mark (v4); and if the
 * device goes, everything is unreachable.  So it is with IPv6 that is switched on later: then
 * host_redo().  One that this kernel does not know is no error.
 */
int host_default_route(struct host *h, bool add, uint32_t ifindex, int family, uint32_t table);
/*
 * Guard these addresses of a device, which may not be there yet, and the answers to datagrams
 * with this mark: see netlink/guard.h.  Replaces what was guarded before; mark 0: guard nothing.
 * If that fails (-errno, as there), what was guarded before still is.
 */
int host_guard(struct host *h, uint32_t ifindex, const struct prefixes *address, uint32_t mark);
/* The result of the last one; 0 if there was none. */
int host_unguarded(const struct host *h);
/*
 * Remove what a killed tunnel left behind: rules of ours that lead nowhere, and what it
 * passed to the resolver under that name (NULL: leave the resolver alone).  0, or -errno
 * if something stays; either way *swept is what was removed.
 */
struct host_swept {
	unsigned rules;
	bool dns;
	bool closed; /* what kept the host closed: host_reopen() */
};
int host_sweep(struct host *h, const char *name, struct host_swept *swept);
/*
 * A tunnel with a default route leaves the host closed when it is killed: the rules stay, and a
 * route that says that everything is unreachable.  Nothing then leaves in clear until the
 * tunnel of that name is up again, or host_reopen().
 *
 * Whether it is: 1, *table is the table and mark; 0: it is not; or -errno.
 */
int host_closed(struct host *h, uint32_t *table);
/* Remove that, but for what was added to this host struct.  *swept gets what was removed, added. */
int host_reopen(struct host *h, struct host_swept *swept);
/* true: what keeps it closed is not removed, from now on until false; the rest is. */
void host_stay_closed(struct host *h, bool closed);
/* false: it is switched off, or not in this kernel. */
bool host_has_ipv6(struct host *h);
/* The first table number from 51820 on that is empty. */
int host_free_table(struct host *h, uint32_t *table);

/* Tell the resolver (host/resolvconf.h); a later wish for an interface replaces the one before. */
int host_dns_set(struct host *h, const struct resolvconf_wish *wish,
		 struct resolvconf_result *result);
int host_dns_drop(struct host *h, const char *name);
/*
 * Give the shell (shell.h) a command, with %i replaced, in two steps: the caller must serve others
 * meanwhile, since a hook may talk to our control socket.  *fd becomes readable when
 * the command may have ended, which host_hook_ended() tells; host_hook_end() waits for that:
 * 0, or its exit status (> 0), or -errno.  One at a time.
 */
int host_hook_start(struct host *h, const char *name, const char *command, int *fd);
/* It has, or it does within this long (spawn.h). */
bool host_hook_ended(struct host *h, int ms);
int host_hook_end(struct host *h);
/* Terminate the command and its children; force: kill them. */
void host_hook_stop(struct host *h, bool force);

/*
 * What others can take away, one by one.  host_objects(): what was added and is to be kept;
 * host_look(): what of this kind is on the host, no matter who made it.  Both fill an empty set,
 * and sort it.  host_let_go(): of what was added, what is not in this set is not to be kept any
 * more, but still removed at the end.
 */
int host_objects(struct host *h, struct objects *list);
int host_look(struct host *h, uint32_t ifindex, struct objects *there);
void host_let_go(struct host *h, const struct objects *there);
/* As present_restore(). */
int host_put_back(struct host *h, uint32_t ifindex, const struct object *o);
/*
 * Put all of it back: a link that goes down loses routes and IPv6 addresses, and so may one
 * that loses an address.
 */
void host_redo(struct host *h, uint32_t ifindex);
/* Remove the addresses, routes, rules and DNS settings that were added, latest first. */
void host_undo(struct host *h);

#endif
