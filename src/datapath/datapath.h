/* SPDX-License-Identifier: ISC */
#ifndef DATAPATH_DATAPATH_H
#define DATAPATH_DATAPATH_H

/*
 * The page to read first: the way of a packet, device -> tunnel -> network and
 * back.  A path is a lane: it owns its device, sockets and batches, and shares
 * nothing mutable with another.  It does not know the loop.
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
	struct batch own;  /* what the core sends by itself */
	uint32_t out_next; /* first packet of `out` not dealt with yet */
	int blocked;       /* the full socket (UDP_V4, UDP_V6), and no reading; -1: none */
	bool device_gone;
	uint64_t bytes; /* moved so far, both ways: for whoever shares out time */
};

int datapath_init(struct datapath *p, const struct rng *rng);
void datapath_fini(struct datapath *p);
/* Close device and sockets; keys and sessions are gone. */
void datapath_close(struct datapath *p);

/* Each: how many packets were moved (0: nothing waits), or -errno. Reads at most one batch. */
int datapath_from_device(struct datapath *p, struct instant now);
int datapath_from_network(struct datapath *p, int which, struct instant now);
/* The blocked socket is writable again. */
void datapath_unblock(struct datapath *p, struct instant now);
/* Give up what a full socket holds back: before sockets or peers are changed. */
void datapath_flush(struct datapath *p, struct instant now);
/* The core's deadline has come. */
void datapath_tick(struct datapath *p, struct instant now);
void datapath_mtu(struct datapath *p, uint32_t mtu);

#endif
