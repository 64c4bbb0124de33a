/* SPDX-License-Identifier: ISC */
#ifndef DATAPATH_DATAPATH_H
#define DATAPATH_DATAPATH_H

/*
 * The file to read first: the way of a packet, device -> tunnel -> network and back.
 * A path is a lane: it owns its device, sockets and batches, and shares nothing
 * mutable with another.  It does not know the loop.
 */

#include <stdbool.h>

#include "io/dev.h"
#include "io/udp.h"
#include "proto/tunnel.h"

struct datapath {
	struct dev dev;
	struct udp udp;
	struct offloads offloads; /* of both */
	struct tunnel tunnel;
	struct batch out;  /* from the device; may hold what a full socket refused */
	struct batch in;   /* from the network */
	struct batch own;  /* what the core sends on its own */
	uint32_t out_next; /* first packet of `out` not handled yet */
	int blocked;       /* the full socket (UDP_V4, UDP_V6): no reading then; -1: none */
	bool device_gone;
	uint64_t bytes; /* moved so far, both ways: for sharing out time */
};

int datapath_init(struct datapath *p, const struct rng *rng);
void datapath_fini(struct datapath *p);
/* Close device and sockets; forgets keys and sessions. */
void datapath_close(struct datapath *p);

/*
 * Both return how many packets were moved (0: nothing waits), or -errno.  Reads at
 * most one batch.
 */
int datapath_from_device(struct datapath *p, struct instant now);
int datapath_from_network(struct datapath *p, int which, struct instant now);
/* The blocked socket is writable again. */
void datapath_unblock(struct datapath *p, struct instant now);
/* Drop what a full socket holds back: before sockets or peers are changed. */
void datapath_flush(struct datapath *p, struct instant now);
/* The core's deadline has passed. */
void datapath_tick(struct datapath *p, struct instant now);
void datapath_mtu(struct datapath *p, uint32_t mtu);

#endif
