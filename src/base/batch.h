/* SPDX-License-Identifier: ISC */
#ifndef BASE_BATCH_H
#define BASE_BATCH_H

/*
 * Packets on their way: one struct pkt each, many in a struct batch.
 *
 * A batch is filled at one end (device or network), transformed in place by the core, and
 * delivered at the other end. Every packet carries its fate. The memory of the packets belongs
 * to the batch, is allocated once, and is reused after batch_reset(); a pointer into it is
 * valid until then.
 *
 * Packets are laid out so that, once sealed, those of equal size touch each other: a run can
 * be sent in one call without a copy.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/endpoint.h"
#include "base/fate.h"

enum {
	PKT_HEAD = 16,   /* room before a plain packet: the transport header */
	PKT_TAG = 16,    /* room after a padded packet: the AEAD tag */
	PKT_PAD = 16,    /* plain packets are padded to a multiple of this */
	PKT_MAX = 65535, /* longest IP packet and longest datagram */
};

enum pkt_flag {
	PKT_SOURCE_STALE = 1, /* udp_send had to drop the endpoint's local address */
	PKT_RUN_REFUSED = 2,  /* udp_send could send it singly only, not in a run */
	PKT_ALONE = 4,        /* udp_send is not to try a run that begins with it */
};

struct pkt {
	uint8_t *data;              /* first byte: IP header if plain, type if a message */
	uint32_t len;               /* bytes from data on */
	uint8_t fate;               /* enum fate */
	uint8_t tos;                /* outer TOS / traffic class: as received, or to send */
	uint8_t flags;              /* enum pkt_flag */
	uint8_t err;                /* errno of FATE_SEND and FATE_DEVICE */
	const struct endpoint *end; /* from the network: its sender. FATE_NET: where to. Borrowed */
	void *owner;                /* scratch of the core; the io rooms do not touch it */
};

struct batch {
	struct pkt *pkt;
	uint32_t n, cap; /* packets used, packets possible */
	uint32_t mtu;    /* padding stops here; 0: no limit */
	uint32_t n_ends, cap_ends;
	struct endpoint *ends; /* senders of the datagrams in this batch */
	uint8_t *mem;
	size_t used, size; /* bytes of mem */
};

/* Allocate for this many packets, senders and bytes of packet memory. 0 or -ENOMEM. */
int batch_init(struct batch *b, uint32_t packets, uint32_t ends, size_t bytes);
void batch_fini(struct batch *b);
/* Empty it; memory, mtu and capacities stay. */
void batch_reset(struct batch *b);

/*
 * The length of a plain packet after padding: up to a multiple of 16, but never
 * beyond the MTU (whitepaper 5.4.6; kernel calculate_skb_padding).  mtu 0: no
 * limit.  A packet longer than mtu is padded by what remains of len mod mtu.
 */
uint32_t batch_padded(uint32_t len, uint32_t mtu);

/*
 * Where the next plain packet would start, and how many bytes it may have: head, tag and
 * padding are already reserved. NULL when no packet, or no packet of at least one byte, fits.
 */
uint8_t *batch_space(struct batch *b, size_t *room);
/* Add a plain packet; len may be 0. NULL if there is no room. Its contents are undefined. */
struct pkt *batch_add(struct batch *b, size_t len);

/* Reserve raw memory of the batch, for receive slots. NULL if there is no room. */
uint8_t *batch_carve(struct batch *b, size_t len);
/* Make a packet of bytes inside memory from batch_carve(). NULL if the batch is full. */
struct pkt *batch_point(struct batch *b, uint8_t *data, size_t len);
/* A zeroed slot for one more sender; NULL if none is left. */
struct endpoint *batch_end(struct batch *b);

#endif
