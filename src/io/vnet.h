/* SPDX-License-Identifier: ISC */
#ifndef IO_VNET_H
#define IO_VNET_H

/*
 * The virtio-net header that a device puts before its packets, and what it stands for: big
 * packets that we cut into segments before sealing, and small ones that we join before
 * writing. Pure functions over memory.
 *
 * Offsets in the header count from the first byte after it. l2len is the length of a
 * link-layer header there: 0 for TUN.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/batch.h"
#include "io/csum.h"

/* Before every packet, both ways; the machine's own byte order (virtio 1.2, 5.1.6). */
struct vnet_hdr {
	uint8_t flags, type;
	uint16_t header; /* bytes of all headers: a hint */
	uint16_t size;   /* bytes of payload in each segment but the last */
	uint16_t start;  /* start of what the checksum covers */
	uint16_t offset; /* place of the checksum, relative to start */
};
enum { VNET_HDR = 10 };
_Static_assert(sizeof(struct vnet_hdr) == VNET_HDR, "virtio_net_hdr");

enum {
	VNET_NEEDS_CSUM = 1, /* flags: the checksum field holds only the pseudo-header's sum */
	VNET_PLAIN = 0,      /* type: one packet */
	VNET_TCP4 = 1,
	VNET_TCP6 = 4,
	VNET_UDP = 5,    /* either version */
	VNET_ECN = 0x80, /* with a TCP type: the first segment has CWR */
};

/* --- big packets from the device --- */

/* A packet being cut.  A zeroed struct has nothing left. */
struct vnet_split {
	uint8_t *packet;  /* after the virtio header; borrowed, its headers are changed */
	uint32_t n, next; /* segments in total, and the first not yet in a batch */
	uint32_t len;     /* of the whole packet */
	uint32_t l3, l4;  /* where its headers start */
	uint32_t header;  /* bytes before the payload */
	uint32_t size;    /* payload of each segment but the last */
	uint32_t seq;     /* TCP */
	uint16_t id;      /* IPv4 */
	uint8_t version;  /* of IP; 0: one packet that is copied unchanged */
	bool tcp;         /* or UDP */
	uint8_t tcp_flags;
	uint64_t ip_sum; /* of what all IPv4 headers share */
	uint64_t l4_sum; /* of what all TCP or UDP headers share, and their pseudo-header */
};

/*
 * Start with what was read, which starts with a virtio header. 0, or -EINVAL: the header does
 * not match the packet, which makes no segments.
 */
int vnet_split_begin(struct vnet_split *s, const struct csum *csum, uint8_t *data, size_t len,
		     size_t l2len);
/*
 * Put the next segments into the batch, up to the given number, as plain packets; returns how
 * many. May be called again, with another batch, while next < n.
 */
uint32_t vnet_split_more(struct vnet_split *s, const struct csum *csum, struct batch *b,
			 uint32_t most);

static inline bool vnet_split_pending(const struct vnet_split *s)
{
	return s->next < s->n;
}

/* --- small packets to the device --- */

enum {
	VNET_WINDOW = 512, /* packets looked at together */
	VNET_JOINED = 64,  /* packets in one: the kernel's UDP_MAX_SEGMENTS before 6.9 */
	VNET_FLOWS = 64,
	VNET_FLOW_SHIFT = 32 - 6,
	VNET_HEADERS = 40 + 60, /* the longest that are joined: IPv6 and TCP */
};

/* What kept a packet from joining the one before it in its flow. */
enum vnet_break {
	VNET_BREAK_END,     /* that one had PSH, or was shorter: complete */
	VNET_BREAK_HEADER,  /* TTL, TOS, flow label or DF differ */
	VNET_BREAK_ID,      /* IPv4 without DF, and not numbered consecutively */
	VNET_BREAK_FLAGS,   /* TCP: neither ACK nor ACK and PSH */
	VNET_BREAK_SEQ,     /* TCP: not the next byte */
	VNET_BREAK_ACK,     /* TCP: another acknowledgement or window */
	VNET_BREAK_OPTIONS, /* TCP */
	VNET_BREAK_SIZE,    /* longer, or nothing in it */
	VNET_BREAK_FULL,    /* 64 packets, or 65535 bytes */
	VNET_BREAK_CSUM,    /* a checksum is wrong, or there is none */
	VNET_BREAK_ODD,     /* fragments, IP options, extension headers: ends every flow */
	VNET_BREAKS
};
/* "end", "header", ... */
const char *vnet_break_name(enum vnet_break why);

enum vnet_join { VNET_JOIN_TCP = 1, VNET_JOIN_UDP = 2 };

/* What is known about one packet of the window. */
struct vnet_piece {
	uint32_t bytes; /* of a first one: the IP length of all so far */
	uint32_t seq;   /* of a first one: what the next must have (TCP) */
	uint16_t n;     /* of a first one: packets joined; 0: not a first one */
	uint16_t last;  /* of a first one */
	uint16_t next;  /* of any: the one joined to it; 0: none */
	uint16_t size;  /* payload */
	uint8_t header; /* bytes of IP and TCP or UDP header */
	uint8_t type;   /* VNET_PLAIN: never joined */
	bool open;      /* of a first one: more may follow */
	bool checked;   /* its checksums are right */
};

struct vnet_flow {
	uint32_t turn; /* of another turn: empty */
	uint16_t first;
};

/* The work space of joining.  A zeroed struct is ready. */
struct vnet_merge {
	uint32_t turn; /* counts up: a flow with another number is forgotten */
	uint32_t from, after, at;
	int last; /* flow of the last packet, its first one; -1: none */
	struct vnet_flow flow[VNET_FLOWS];
	struct vnet_piece piece[VNET_WINDOW];
};

/* One write.  Its iovecs point into packets and into itself. */
struct vnet_out {
	uint32_t first; /* packet of the batch */
	uint32_t n;     /* packets in it; 1: unchanged, after a header of zeros */
	uint8_t type;
	unsigned n_iov;
	struct iovec iov[1 + VNET_JOINED];
	uint8_t head[VNET_HDR + VNET_HEADERS];
};

/*
 * Examine the packets with FATE_DEV from packet `from` on, as many as fit the window, and find
 * those that can be joined; joins: enum vnet_join, or 0. What ended a joined packet is counted
 * in breaks. Packets are not changed.
 *
 * Each packet must have VNET_HDR bytes of room before it, which are overwritten. Order within
 * a flow is kept; nothing is carried over to the next call.
 */
void vnet_merge_plan(struct vnet_merge *m, const struct csum *csum, const struct batch *b,
		     uint32_t from, unsigned joins, uint64_t breaks[VNET_BREAKS]);
/* The next write of the plan; false: no more. The next plan starts at m->after. */
bool vnet_write_next(struct vnet_merge *m, const struct batch *b, struct vnet_out *out);
/* The packet that was joined to this one; 0: none. Both are packets of the batch. */
uint32_t vnet_merge_after(const struct vnet_merge *m, uint32_t packet);

#endif
