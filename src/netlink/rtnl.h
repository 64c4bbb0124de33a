/* SPDX-License-Identifier: ISC */
#ifndef NETLINK_RTNL_H
#define NETLINK_RTNL_H

/* A request socket to the kernel's routing tables. All calls: 0 or -errno as the kernel gave it. */

#include <stddef.h>
#include <stdint.h>

struct mnl_socket;
struct nlattr;
struct nlmsghdr;

struct rtnl {
	struct mnl_socket *sock;
	unsigned seq;
	unsigned portid;
};

int rtnl_open(struct rtnl *r);
void rtnl_close(struct rtnl *r);

/*
 * Send one request and wait for its answer or acknowledgement; each message goes to fn (may be
 * NULL). fn: 0 or -errno; after an error it sees no more messages, and the error is returned.
 * -EINTR: the tables changed while they were listed; repeat the request.
 */
typedef int rtnl_fn(const struct nlmsghdr *msg, void *ctx);
int rtnl_talk(struct rtnl *r, struct nlmsghdr *msg, rtnl_fn *fn, void *ctx);

/* For the files of this room. */

enum { RTNL_TRIES = 8 }; /* for lists that end with -EINTR */

struct rtnl_request {
	_Alignas(8) char bytes[256];
};
/*
 * Start a message; flags in addition to NLM_F_REQUEST, and to NLM_F_ACK unless it requests a
 * list.
 */
struct nlmsghdr *rtnl_begin(struct rtnl_request *req, uint16_t type, uint16_t flags);
/* The attributes after a header of this many bytes, by type: attr[0..n-1]; NULL: missing. */
void rtnl_attrs(const struct nlmsghdr *msg, size_t header, const struct nlattr **attr, size_t n);
void rtnl_nested(const struct nlattr *nest, const struct nlattr **attr, size_t n);
uint32_t rtnl_u32(const struct nlattr *attr, uint32_t otherwise);

#endif
