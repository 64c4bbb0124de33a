/* SPDX-License-Identifier: ISC */
#ifndef IO_UDP_WORK_H
#define IO_UDP_WORK_H

/* The type of udp.work: only for udp.c and udp_send.c. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/ip.h"
#include "io/udp.h"

enum {
	/* In one send: below the 64 that every kernel accepts (before 5.16 headers counted too). */
	UDP_RUN_PACKETS = 60,
	/* How far to look ahead for a run, to divide it evenly. */
	UDP_RUN_AHEAD = 4 * UDP_RUN_PACKETS,
	/* In one send: with headers it must stay below the kernel's gso_max_size of 65536. */
	UDP_RUN_BYTES = 65473,
	/* A message with this many datagrams is big; few of those are received at a time. */
	UDP_RECV_BIG = 16,
	UDP_RECV_DEEP = 2,
	/* Control bytes of one message: source, TOS and segment size, each in its own header. */
	UDP_CONTROL = 128,
};

/* Where one datagram, or several that the kernel has joined, will be received. */
struct udp_slot {
	_Alignas(size_t) char control[UDP_CONTROL]; /* as CMSG_ALIGN wants it */
	union {
		struct sockaddr sa;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} from;
	struct iovec iov;
};

struct udp_work {
	bool joins[UDP_SOCKETS];      /* UDP_GRO is on: a message may hold several datagrams */
	bool deep[UDP_SOCKETS];       /* the last messages were big */
	bool splits[UDP_WAYS];        /* UDP_SEGMENT is known here */
	bool doubt[UDP_WAYS];         /* something may wait in the error queue */
	bool idle[UDP_SOCKETS];       /* the last look found nothing */
	unsigned ways;                /* pairs of sockets */
	uint32_t link[1 + UDP_APART]; /* the interface that each of them is for; 0: none */
	bool used[1 + UDP_APART];     /* since udp_age_links() */
	struct mmsghdr msg[UDP_RECV_SLOTS];
	struct udp_slot slot[UDP_RECV_SLOTS];
};

#endif
