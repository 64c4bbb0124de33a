/* SPDX-License-Identifier: ISC */
#ifndef DATAPATH_DATAPATH_H
#define DATAPATH_DATAPATH_H

/*
 * The file to read first: the way of a packet, device -> tunnel -> network and back.
 * A path is a lane: it owns its device, sockets and batches, and shares nothing
 * mutable with another.  It does not know the loop.
 */

#include <stdbool.h>

#include "datapath/ring.h"
#include "io/dev.h"
#include "io/udp.h"
#include "proto/tunnel.h"

struct datapath {
	struct dev dev;
	struct udp udp;
	struct offloads offloads; /* of both */
	struct tunnel tunnel;
	struct ring out;         /* from the device; may hold what a full socket refused */
	struct ring in;          /* from the network */
	struct batch own;        /* what the core sends on its own */
	int blocked;             /* the way whose socket is full: no reading then; -1: none */
	uint64_t blocked_at;     /* since when, mono ns */
	uint64_t slow[UDP_WAYS]; /* until then, what a full socket refuses there is dropped */
	uint64_t aged_at;        /* when it was last asked which links are in use, mono ns */
	bool device_gone;
	uint64_t bytes; /* moved so far, both ways: for sharing out time */
	/* Told of the core's events; NULL: they are dropped. */
	void (*heard)(void *ctx, const struct event *e, struct instant now);
	void *ctx;
};

int datapath_init(struct datapath *p, const struct rng *rng);
void datapath_fini(struct datapath *p);
/* Close device and sockets; forgets keys and sessions. */
void datapath_close(struct datapath *p);

/*
 * Both return how many packets were moved (0: nothing waits), or -errno.  Reads at
 * most one batch.  When they return, the AEAD is done with it and no session is
 * waiting to be freed; what a full socket refused waits, sealed.
 */
int datapath_from_device(struct datapath *p, struct instant now);
int datapath_from_network(struct datapath *p, int which, struct instant now);
/* A socket apart, which receives nothing, has something to say about earlier datagrams. */
void datapath_from_apart(struct datapath *p, int which, struct instant now);
/* The blocked socket is writable again, or datapath_deadline() has come. */
void datapath_unblock(struct datapath *p, struct instant now);
/*
 * While packets wait for a full socket, and packets for other links behind them: until when, at
 * most; mono ns. UINT64_MAX: as long as it takes, or nothing waits.
 */
uint64_t datapath_deadline(const struct datapath *p);
/*
 * The barrier before sockets, peers or settings are changed: drop what a full socket
 * holds back and report all events, so that nothing refers to a peer or a socket.
 */
void datapath_quiesce(struct datapath *p, struct instant now);
/* Report all events that wait. */
void datapath_events(struct datapath *p, struct instant now);
/* The core's deadline has passed. */
void datapath_tick(struct datapath *p, struct instant now);
void datapath_mtu(struct datapath *p, uint32_t mtu);

#endif
