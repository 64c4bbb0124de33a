/* SPDX-License-Identifier: ISC */
#ifndef NETLINK_NFNL_H
#define NETLINK_NFNL_H

/*
 * A request socket to nftables, and batches of requests, which the kernel carries out as a
 * whole or not at all.  All calls: 0 or -errno as the kernel gave it.
 */

#include <stddef.h>
#include <stdint.h>

struct mnl_socket;
struct nlmsghdr;

/* Zeroed: closed. */
struct nfnl {
	struct mnl_socket *sock;
	unsigned seq, portid;
};

/* Opening one that is open, and closing one that is closed, is nothing. */
int nfnl_open(struct nfnl *n);
void nfnl_close(struct nfnl *n);

/* For the files of this room. */

struct nfnl_batch {
	char *bytes;
	size_t len;           /* of the messages that are complete */
	struct nlmsghdr *msg; /* the one after them */
	unsigned messages;
};

/* Start one that will not be longer than this many bytes. 0 or -ENOMEM. */
int nfnl_begin(struct nfnl_batch *b, size_t room);
/* The next request; flags in addition to NLM_F_REQUEST and NLM_F_ACK. */
struct nlmsghdr *nfnl_add(struct nfnl_batch *b, uint16_t type, uint16_t flags, int family);
/* Send it and wait until it is carried out. Frees it. */
int nfnl_commit(struct nfnl *n, struct nfnl_batch *b);

#endif
