/* SPDX-License-Identifier: ISC */
#ifndef BASE_PKT_H
#define BASE_PKT_H

/*
 * Packets on their way: one struct pkt each, many in a struct batch.
 *
 * A batch is filled at one end (device or network), transformed in place by the
 * core, and delivered at the other end.  Every packet carries its fate.  The
 * memory of the packets belongs to the batch, is allocated once, and is used
 * again after batch_reset(); a pointer into it lives until then.
 *
 * Packets are laid out so that, once sealed, those of equal size touch each
 * other: a run can leave in one send without a copy.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

enum {
	PKT_HEAD = 16,   /* room before a plain packet: the transport header */
	PKT_TAG = 16,    /* room after a padded packet: the AEAD tag */
	PKT_PAD = 16,    /* plain packets are padded to a multiple of this */
	PKT_MAX = 65535, /* longest IP packet and longest datagram */
};

/*
 * Where a packet goes next, or why it goes nowhere.  The drop reasons are
 * counted under the names that fate_name() gives.
 */
enum fate {
	FATE_NONE,      /* undecided: fresh from device or network */
	FATE_DEV,       /* write it to the device */
	FATE_NET,       /* send it to its endpoint */
	FATE_STAGED,    /* copied; it waits for a session */
	FATE_HANDSHAKE, /* copied into the handshake lane */
	FATE_KEEPALIVE, /* authentic and empty: consumed */
	FATE_CONSUMED,  /* authentic handshake message: consumed */
	/* from here on: dropped */
	FATE_DROPPED,
	FATE_RUNT = FATE_DROPPED, /* datagram of a length that its type cannot have */
	FATE_TYPE,                /* unknown message type, or reserved bytes not zero */
	FATE_NO_KEY,              /* we have no private key */
	FATE_MAC,                 /* mac1 is wrong: made for another key, or not WireGuard */
	FATE_HSQUEUE_FULL,        /* too many handshake messages are waiting */
	FATE_COOKIE_SENT,         /* under load: answered with a cookie instead */
	FATE_RATE,                /* under load: this source sends too many handshakes */
	FATE_NOISE,               /* handshake message does not decrypt */
	FATE_PSK,                 /* response does not decrypt: preshared keys differ */
	FATE_UNKNOWN_PEER,        /* initiation from a public key that is not configured */
	FATE_TIMESTAMP,           /* initiation not newer than the last one */
	FATE_FLOOD,               /* initiation less than 20 ms after the last one */
	FATE_NO_HANDSHAKE,        /* response or cookie to a handshake that is not ours */
	FATE_COOKIE,              /* cookie reply that does not decrypt */
	FATE_NO_SESSION,          /* data for a receiver index that is not ours */
	FATE_EXPIRED,             /* data under a key that is too old or used up */
	FATE_FORGED,              /* data that does not authenticate */
	FATE_REPLAY,              /* data seen before, or too far behind */
	FATE_NOT_IP,              /* inside is neither IPv4 nor IPv6 */
	FATE_LENGTH,              /* inner length field disagrees with the packet */
	FATE_SOURCE,              /* inner source address is not allowed for this peer */
	FATE_NO_PEER,             /* no peer has the destination in its allowed IPs */
	FATE_NO_ENDPOINT,         /* the peer's address is not known */
	FATE_STAGE_FULL,          /* oldest of too many packets waiting for a session */
	FATE_STAGE_PURGED,        /* waited for a session that never came */
	FATE_NO_MEMORY,
	FATE_SEND,   /* the network refused it; pkt.err says why */
	FATE_DEVICE, /* the device refused it; pkt.err says why */
	FATE_COUNT
};

/* Stable lower-case name of a fate, as in status and logs: "replay", "no-session". */
const char *fate_name(enum fate fate);

enum pkt_flag {
	PKT_SOURCE_STALE = 1, /* udp_send had to drop the endpoint's local address */
};

struct pkt {
	uint8_t *data;              /* first byte: IP header if plain, type if a message */
	uint32_t len;               /* bytes from data on */
	uint8_t fate;               /* enum fate */
	uint8_t tos;                /* outer TOS / traffic class: as received, or to send */
	uint8_t flags;              /* enum pkt_flag */
	uint8_t err;                /* errno of FATE_SEND and FATE_DEVICE */
	const struct endpoint *end; /* from the network: its sender. FATE_NET: where to. Borrowed */
	void *owner;                /* scratch of the core; the io rooms leave it alone */
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

/* Allocate for so many packets, senders and bytes of packet memory. 0 or -ENOMEM. */
int batch_init(struct batch *b, uint32_t packets, uint32_t ends, size_t bytes);
void batch_fini(struct batch *b);
/* Empty it; its memory, mtu and capacities stay. */
void batch_reset(struct batch *b);

/*
 * The length of a plain packet after padding: up to a multiple of 16, but never
 * beyond the MTU (whitepaper 5.4.6; kernel calculate_skb_padding).  mtu 0: no
 * limit.  A packet longer than mtu is padded by what remains of len mod mtu.
 */
uint32_t pkt_padded(uint32_t len, uint32_t mtu);

/*
 * Two steps to add a plain packet whose length shows only once it is read:
 * batch_space() says where its first byte goes and how many may be written
 * there (head, tag and padding are already set aside); batch_commit() makes a
 * packet of the first len of them.  batch_space() is NULL when no packet, or no
 * packet of at least one byte, fits any more.
 */
uint8_t *batch_space(struct batch *b, size_t *room);
struct pkt *batch_commit(struct batch *b, size_t len);
/* Both at once; NULL if there is no room. len may be 0. Contents are undefined. */
struct pkt *batch_add(struct batch *b, size_t len);

/* Set aside raw memory of the batch, for receive slots. NULL if there is no room. */
uint8_t *batch_carve(struct batch *b, size_t len);
/* Make a packet of bytes inside memory from batch_carve(). NULL if the batch is full. */
struct pkt *batch_point(struct batch *b, uint8_t *data, size_t len);
/* A zeroed place for one more sender; NULL if there is none left. */
struct endpoint *batch_end(struct batch *b);

#endif
