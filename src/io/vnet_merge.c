/* SPDX-License-Identifier: ISC */
/*
 * Joining: packets of one flow become one, if cutting it again gives the same packets. A
 * packet is only ever joined to the latest of its flow; one that cannot be joined starts a new
 * one, and writes happen in the order of their first packets. So the order within a flow is
 * kept, and only whole flows move relative to each other.
 */
#include "io/vnet.h"

#include <string.h>

#include "base/bytes.h"
#include "io/vnet_ip.h"

enum { TCP_LEAST = 8, LONGEST = 65535, NOBODY = -1 }; /* the kernel's TCP_MIN_GSO_SIZE */

/* Two packets, the second of which may be joined to the first. */
struct pair {
	const uint8_t *a, *b; /* their IP headers */
	struct vnet_piece *head, *piece;
	uint32_t l3; /* bytes of either IP header */
};

const char *vnet_break_name(enum vnet_break why)
{
	static const char *const names[VNET_BREAKS] = {
		[VNET_BREAK_END] = "end",         [VNET_BREAK_HEADER] = "header",
		[VNET_BREAK_ID] = "id",           [VNET_BREAK_FLAGS] = "flags",
		[VNET_BREAK_SEQ] = "seq",         [VNET_BREAK_ACK] = "ack",
		[VNET_BREAK_OPTIONS] = "options", [VNET_BREAK_SIZE] = "size",
		[VNET_BREAK_FULL] = "full",       [VNET_BREAK_CSUM] = "csum",
		[VNET_BREAK_ODD] = "odd",
	};

	return names[why];
}

/* --- what is it? --- */

enum sight {
	SIGHT_OTHER, /* of no flow that is joined */
	SIGHT_ODD,   /* may be of any flow: nothing passes it */
	SIGHT_FLOW,  /* of a flow, identified by addresses and ports */
};

static enum sight look_ip(const struct pkt *p, uint8_t *protocol, uint32_t *l3)
{
	const uint8_t *ip = p->data;
	bool odd;

	if (p->len >= IP4_HEADER && ip_is_v4(ip)) {
		*l3 = IP4_HEADER;
		*protocol = ip[IP4_PROTOCOL];
		odd = ip[0] != 0x45 || (load_be16(ip + IP4_FRAGMENT) & FRAGMENT_PARTS) ||
		      load_be16(ip + IP4_LENGTH) != p->len;
		if (*protocol != IPPROTO_TCP && *protocol != IPPROTO_UDP)
			return SIGHT_OTHER;
		return odd ? SIGHT_ODD : SIGHT_FLOW;
	}
	if (p->len < IP6_HEADER || ip[0] >> 4 != 6)
		return SIGHT_OTHER;
	*l3 = IP6_HEADER;
	*protocol = ip[IP6_NEXT];
	if (*protocol == IPPROTO_ICMPV6)
		return SIGHT_OTHER;
	if (*protocol != IPPROTO_TCP && *protocol != IPPROTO_UDP)
		return SIGHT_ODD; /* an extension header, followed by anything */
	return load_be16(ip + IP6_LENGTH) + (uint32_t)IP6_HEADER == p->len ? SIGHT_FLOW : SIGHT_ODD;
}

/* Its position in the flow, and whether it may be joined at all: type, else VNET_PLAIN. */
static enum sight look(const struct pkt *p, unsigned joins, struct vnet_piece *piece)
{
	enum sight sight;
	uint8_t protocol = 0;
	uint32_t l3 = 0, header;

	*piece = (struct vnet_piece){ .n = 1, .bytes = p->len };
	sight = look_ip(p, &protocol, &l3);
	if (sight == SIGHT_OTHER)
		return sight;
	if (!(joins & (protocol == IPPROTO_TCP ? VNET_JOIN_TCP : VNET_JOIN_UDP)))
		return sight == SIGHT_ODD && joins ? SIGHT_ODD : SIGHT_OTHER;
	if (sight == SIGHT_ODD)
		return sight;
	header = l3 + (protocol == IPPROTO_TCP ? TCP_HEADER : UDP_HEADER);
	if (p->len < header)
		return SIGHT_ODD;
	if (protocol == IPPROTO_TCP)
		header = l3 + (p->data[l3 + TCP_OFFSET] >> 4) * 4u;
	if (p->len < header || header < l3 + UDP_HEADER)
		return SIGHT_FLOW;
	piece->header = (uint8_t)header;
	piece->size = (uint16_t)(p->len - header);
	if (protocol == IPPROTO_UDP)
		piece->type = VNET_UDP;
	else if (header >= l3 + TCP_HEADER)
		piece->type = l3 == IP4_HEADER ? VNET_TCP4 : VNET_TCP6;
	return SIGHT_FLOW;
}

/* What rules out joining this packet at all; VNET_BREAKS: nothing. */
static enum vnet_break fault_of(const struct pkt *p, const struct vnet_piece *piece)
{
	const uint8_t *l4 = p->data + ip_header(p->data);

	if (piece->type == VNET_PLAIN)
		return VNET_BREAK_SIZE;
	if (vnet_is_tcp(piece->type)) {
		if ((l4[TCP_FLAGS] & ~(TCP_PSH | TCP_ECE)) != TCP_ACK || (l4[TCP_OFFSET] & 15))
			return VNET_BREAK_FLAGS;
	} else {
		if (load_be16(l4 + UDP_LENGTH) != p->data + p->len - l4)
			return VNET_BREAK_SIZE;
		if (load_be16(l4 + UDP_CSUM) == 0)
			return VNET_BREAK_CSUM;
	}
	return piece->size == 0 ? VNET_BREAK_SIZE : VNET_BREAKS;
}

/* --- whose is it? --- */

/* Addresses and ports are adjacent: there is nothing between IP and TCP or UDP. */
static const uint8_t *flow_key(const uint8_t *ip, uint32_t *len)
{
	const uint8_t *key = ip_addresses(ip, len);

	*len += 4;
	return key;
}

static bool same_flow(const uint8_t *a, const uint8_t *b)
{
	uint32_t len, other;
	const uint8_t *x = flow_key(a, &len), *y = flow_key(b, &other);

	return len == other && ip_protocol(a) == ip_protocol(b) && memcmp(x, y, len) == 0;
}

static unsigned flow_slot(const uint8_t *ip)
{
	uint32_t len, h;
	const uint8_t *key = flow_key(ip, &len);

	/* Ports, and the ends of the addresses: what differs most. */
	h = load_le32(key + len - 4) ^ load_le32(key + len - 8) * 31 ^
	    load_le32(key + len / 2 - 6) * 17 ^ ip_protocol(ip);
	return (h * 0x9e3779b1) >> VNET_FLOW_SHIFT;
}

/* The latest first packet of this flow in the window; NOBODY. */
static int flow_find(struct vnet_merge *m, const struct batch *b, const uint8_t *ip,
		     struct vnet_flow **slot)
{
	*slot = NULL;
	if (m->last != NOBODY && same_flow(b->pkt[m->from + (uint32_t)m->last].data, ip))
		return m->last;
	*slot = &m->flow[flow_slot(ip)];
	if ((*slot)->turn != m->turn || !same_flow(b->pkt[m->from + (*slot)->first].data, ip))
		return NOBODY;
	return (*slot)->first;
}

/* --- joinable? --- */

static enum vnet_break compare_ip(const struct pair *p)
{
	const uint8_t *a = p->a, *b = p->b;

	if (!ip_is_v4(a))
		return memcmp(a, b, IP6_LENGTH) == 0 && a[IP6_HOPS] == b[IP6_HOPS]
			       ? VNET_BREAKS
			       : VNET_BREAK_HEADER;
	if (a[1] != b[1] || memcmp(a + IP4_FRAGMENT, b + IP4_FRAGMENT, 3) != 0)
		return VNET_BREAK_HEADER;
	/* The segmenter increments the number; with DF it does not matter. */
	if (!(load_be16(a + IP4_FRAGMENT) & FRAGMENT_DF) &&
	    (uint16_t)(load_be16(a + IP4_ID) + p->head->n) != load_be16(b + IP4_ID))
		return VNET_BREAK_ID;
	return VNET_BREAKS;
}

static enum vnet_break compare_tcp(const struct pair *p)
{
	const uint8_t *a = p->a + p->l3, *b = p->b + p->l3;
	uint32_t options = p->head->header - p->l3 - TCP_HEADER;

	if (load_be32(b + TCP_SEQ) != p->head->seq)
		return VNET_BREAK_SEQ;
	if ((a[TCP_FLAGS] | TCP_PSH) != (b[TCP_FLAGS] | TCP_PSH))
		return VNET_BREAK_FLAGS;
	if (memcmp(a + TCP_ACKED, b + TCP_ACKED, 4) != 0 ||
	    memcmp(a + TCP_WINDOW, b + TCP_WINDOW, 2) != 0 ||
	    memcmp(a + TCP_URGENT, b + TCP_URGENT, 2) != 0)
		return VNET_BREAK_ACK;
	if (p->head->header != p->piece->header ||
	    memcmp(a + TCP_HEADER, b + TCP_HEADER, options) != 0)
		return VNET_BREAK_OPTIONS;
	return VNET_BREAKS;
}

static bool csum_ok(const struct csum *csum, const struct pkt *p)
{
	const uint8_t *ip = p->data;
	uint32_t l3 = ip_header(ip), len = p->len - l3;

	if (ip_is_v4(ip) && csum_fold(csum_portable.add(0, ip, IP4_HEADER)) != 0xffff)
		return false;
	return csum_fold(csum->add(ip_pseudo_sum(ip, len), ip + l3, len)) == 0xffff;
}

/* A wrong checksum must stay wrong: what is joined gets a new one, which would be right. */
static bool check(const struct csum *csum, const struct pkt *p, struct vnet_piece *piece)
{
	if (!piece->checked)
		piece->checked = csum_ok(csum, p);
	return piece->checked;
}

static enum vnet_break compare(const struct pair *p)
{
	enum vnet_break why;

	if (!p->head->open)
		return VNET_BREAK_END;
	why = compare_ip(p);
	if (why == VNET_BREAKS && vnet_is_tcp(p->head->type))
		why = compare_tcp(p);
	if (why != VNET_BREAKS)
		return why;
	if (p->piece->size > p->head->size)
		return VNET_BREAK_SIZE;
	if (p->head->n == VNET_JOINED || p->head->bytes + p->piece->size > LONGEST)
		return VNET_BREAK_FULL;
	return VNET_BREAKS;
}

/* Nothing is joined after PSH, nor after a shorter packet. */
static bool stays_open(const struct vnet_piece *piece, uint16_t size, const uint8_t *ip,
		       uint32_t l3)
{
	if (piece->size < size)
		return false;
	return !vnet_is_tcp(piece->type) || !(ip[l3 + TCP_FLAGS] & TCP_PSH);
}

/* --- the plan --- */

static void join(struct vnet_merge *m, const struct pair *p, uint32_t at)
{
	struct vnet_piece *head = p->head;

	m->piece[head->last].next = (uint16_t)at;
	head->last = (uint16_t)at;
	head->n++;
	head->bytes += p->piece->size;
	head->seq += p->piece->size;
	head->open = stays_open(p->piece, head->size, p->b, p->l3);
	p->piece->n = 0;
}

/* A packet that others may be joined to. */
static void open_item(struct vnet_merge *m, struct vnet_flow *slot, uint32_t at, const uint8_t *ip)
{
	struct vnet_piece *piece = &m->piece[at];
	uint32_t l3 = ip_header(ip);

	piece->last = (uint16_t)at;
	piece->open = stays_open(piece, piece->size, ip, l3);
	if (vnet_is_tcp(piece->type)) {
		piece->seq = load_be32(ip + l3 + TCP_SEQ) + piece->size;
		piece->open = piece->open && piece->size >= TCP_LEAST;
	}
	if (!slot)
		slot = &m->flow[flow_slot(ip)];
	*slot = (struct vnet_flow){ .turn = m->turn, .first = (uint16_t)at };
	m->last = (int)at;
}

static void forget_flows(struct vnet_merge *m)
{
	m->last = NOBODY;
	if (++m->turn)
		return;
	/* Once in 2^32 windows: entries with an old number must not become valid again. */
	memset(m->flow, 0, sizeof(m->flow));
	m->turn = 1;
}

static void close_flow(struct vnet_merge *m, struct vnet_flow *slot, const uint8_t *ip)
{
	if (!slot)
		slot = &m->flow[flow_slot(ip)];
	slot->turn = m->turn - 1;
	m->last = NOBODY;
}

static void place(struct vnet_merge *m, const struct csum *csum, const struct batch *b, uint32_t at,
		  unsigned joins, uint64_t *breaks)
{
	const struct pkt *pkt = &b->pkt[m->from + at];
	struct vnet_piece *piece = &m->piece[at];
	enum sight sight = look(pkt, joins, piece);
	struct vnet_flow *slot;
	enum vnet_break why;
	int head;

	if (sight == SIGHT_OTHER)
		return;
	if (sight == SIGHT_ODD) {
		breaks[VNET_BREAK_ODD]++;
		forget_flows(m);
		return;
	}
	head = flow_find(m, b, pkt->data, &slot);
	why = fault_of(pkt, piece);
	if (why != VNET_BREAKS) {
		piece->type = VNET_PLAIN;
		if (head == NOBODY)
			return;
		breaks[why]++;
		close_flow(m, slot, pkt->data);
		return;
	}
	if (head != NOBODY) {
		const struct pkt *first = &b->pkt[m->from + (uint32_t)head];
		struct pair pair = { .a = first->data,
				     .b = pkt->data,
				     .head = &m->piece[head],
				     .piece = piece,
				     .l3 = ip_header(pkt->data) };

		why = compare(&pair);
		if (why == VNET_BREAKS &&
		    (!check(csum, first, pair.head) || !check(csum, pkt, piece)))
			why = VNET_BREAK_CSUM;
		if (why == VNET_BREAKS) {
			join(m, &pair, at);
			m->last = head;
			return;
		}
		breaks[why]++;
	}
	open_item(m, slot, at, pkt->data);
}

void vnet_merge_plan(struct vnet_merge *m, const struct csum *csum, const struct batch *b,
		     uint32_t from, unsigned joins, uint64_t breaks[VNET_BREAKS])
{
	m->from = from;
	m->after = b->n - from > VNET_WINDOW ? from + VNET_WINDOW : b->n;
	m->at = from;
	forget_flows(m);
	for (uint32_t i = from; i < m->after; i++) {
		if (b->pkt[i].fate == FATE_DEV)
			place(m, csum, b, i - from, joins, breaks);
		else
			m->piece[i - from].n = 0;
	}
}

uint32_t vnet_merge_after(const struct vnet_merge *m, uint32_t packet)
{
	uint32_t next = m->piece[packet - m->from].next;

	return next ? m->from + next : 0;
}
