/* SPDX-License-Identifier: ISC */
#ifndef IO_UDP_H
#define IO_UDP_H

/*
 * Datagrams: one IPv4 and one IPv6 socket on the same port, never connected,
 * read and written in batches.  Segmentation offloads stay inside.
 *
 * What has been sent is charged to its socket until it has left the host. A slow link thus
 * fills the socket, which then takes nothing for other links either. So there may be sockets
 * apart: further ones on the same port, which only send. Each link over which peers are heard
 * has a way of its own, as long as there are enough.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/batch.h"
#include "io/offload.h"

enum { UDP_V4, UDP_V6, UDP_SOCKETS };

/*
 * Ways: UDP_V4 and UDP_V6 by the sockets that also receive, then pairs of the sockets apart,
 * in the same order.
 */
enum { UDP_APART = 3, UDP_WAYS = UDP_SOCKETS * (1 + UDP_APART) };

/*
 * What one udp_recv() may use of a batch; a batch should be larger, since the core adds
 * answers to it. With less room it receives less at a time.
 */
enum {
	UDP_RECV_SLOTS = 8,                 /* messages, each with its sender */
	UDP_RECV_SLOT_BYTES = 65536 + 1088, /* not a multiple of 4 KiB: spreads over the L1 sets */
	UDP_RECV_JOINED = 64,               /* datagrams of one sender in a message, at most */
	UDP_RECV_PACKETS = UDP_RECV_SLOTS * UDP_RECV_JOINED,
	UDP_RECV_BYTES = UDP_RECV_SLOTS * UDP_RECV_SLOT_BYTES,
};

/* How many datagrams of this size leave in one send, if the kernel splits them: 0..60. */
uint32_t udp_run_packets(uint32_t len);

enum { UDP_SIZES = 7 }; /* runs of 1, 2, 3-4, 5-8, 9-16, 17-32, 33-64 datagrams */

struct udp_stats {
	uint64_t recv_calls, recv_datagrams;
	uint64_t recv_idle;          /* calls that found nothing */
	uint64_t recv_runs;          /* messages with several datagrams (UDP_GRO)... */
	uint64_t recv_run_datagrams; /* ...and those in them */
	uint64_t truncated;          /* messages that had no room: lost, or the end of them */
	uint64_t send_calls, send_datagrams;
	uint64_t send_blocked;          /* calls that found the socket full */
	uint64_t send_runs;             /* sends of several datagrams (UDP_SEGMENT)... */
	uint64_t send_run_datagrams;    /* ...and those in them */
	uint64_t send_sizes[UDP_SIZES]; /* successful sends, by datagrams in them */
	uint64_t runs_refused;          /* of those, refused; their packets were then sent singly */
	uint64_t source_retries;        /* sent again without the remembered source */
	uint64_t pending_errors;        /* sent again, since an earlier one came back as ICMP */
	uint64_t errors;                /* datagrams that the network refused */
	int last_error;                 /* errno of the latest of them */
};

struct udp {
	int fd[UDP_WAYS]; /* by way; -1: this family, or this one apart, is not available */
	struct udp_stats stats;
	struct offloads *offloads; /* borrowed */
	void *work;                /* message headers, allocated by udp_init */
};

/* Allocates; all descriptors -1. offloads is borrowed until udp_fini. 0 or -ENOMEM. */
int udp_init(struct udp *u, struct offloads *offloads);
/*
 * Install a pair of sockets (either may be -1) and close the previous ones. What offloads
 * requests is set on them, and what they support is recorded there.
 */
void udp_use(struct udp *u, const int fd[UDP_SOCKETS]);
/* After it: those apart (each may be -1), which then belong to u. */
void udp_use_apart(struct udp *u, const int fd[UDP_WAYS - UDP_SOCKETS]);
/* Close the sockets; udp_init's memory stays. */
void udp_close(struct udp *u);
void udp_fini(struct udp *u);

/*
 * Read what waits on one of the sockets into the batch: each datagram becomes a packet with
 * FATE_NONE, its sender (with the local address it was sent to) in end, and its TOS. The batch
 * must be fresh (batch_reset). Returns packets added; 0: none waited; -errno (never -EINTR).
 * Transient errors of the network (a pending ICMP) are skipped.
 */
int udp_recv(struct udp *u, int which, struct batch *batch);

/*
 * Send the packets with FATE_NET to their end, in order, starting with packet *next; *next
 * advances past the last one handled.
 *
 * A packet that the network refuses gets FATE_SEND and err; the rest is still sent. If its
 * local address has vanished, the packet is retried once at once without it; it then has
 * PKT_SOURCE_STALE. Where a run is refused, its packets leave one by one; those that do have
 * PKT_RUN_REFUSED, and later ones to that end should have PKT_ALONE for a while. 0; -EAGAIN: the
 * socket of packet *next is full, call again when it is writable (*which says which way).
 */
int udp_send(struct udp *u, struct batch *batch, uint32_t *next, int *which);
/* The way of a packet to this end; -EDESTADDRREQ; -EAFNOSUPPORT: no socket. */
int udp_way(struct udp *u, const struct endpoint *end);
/* Whether more than one link is in use, each with a way of its own. */
bool udp_ways_differ(const struct udp *u);
/* Links by which nothing was to leave since the last call are not in use; their ways are free. */
void udp_age_links(struct udp *u);

/*
 * One configured socket: non-blocking, close-on-exec, wildcard address, exclusive
 * port (but for programs of the same user that set SO_REUSEPORT after it), IPV6_V6ONLY,
 * source address and TOS reported, no path MTU discovery (datagrams may be fragmented,
 * as the kernel's WireGuard does), big buffers.
 * family AF_INET or AF_INET6; mark 0: none.  The descriptor, or -errno:
 * -EADDRINUSE, -EACCES (port below 1024), -EPERM (mark), -EAFNOSUPPORT.
 */
int udp_socket(int family, uint16_t port, uint32_t mark);
/*
 * A pair of them on one port: port 0 finds one that is free for both families. No IPv6 (or no
 * IPv4) here: that one is -1. *bound gets the port. 0 or -errno.
 */
int udp_pair(uint16_t port, uint32_t mark, int fd[UDP_SOCKETS], uint16_t *bound);
/*
 * Sockets apart for such a pair, with its port; -1 where it has none, or where the kernel
 * refuses: they can be done without. Their order must not change, and those of the pair must
 * not be closed before them: the kernel numbers the sockets of a port.
 */
void udp_apart(const int pair[UDP_SOCKETS], uint32_t mark, int fd[UDP_WAYS - UDP_SOCKETS]);
/*
 * Set buffer sizes, in bytes, other than those of udp_socket(); 0: leave that one. fd -1: does
 * nothing.
 */
void udp_buffers(int fd, uint32_t recv_bytes, uint32_t send_bytes);
/* 0 or -errno; needs no privilege if nothing changes. fd -1: does nothing. */
int udp_mark(int fd, uint32_t mark);

#endif
