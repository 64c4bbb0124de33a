/* SPDX-License-Identifier: ISC */
#include "io/vnet.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "io/vnet_ip.h"

static void put_csum(uint8_t *at, uint16_t sum)
{
	memcpy(at, &sum, sizeof(sum));
}

/* One packet; its checksum may be unfinished. */
static int begin_plain(struct vnet_split *s, const struct csum *csum, const struct vnet_hdr *h)
{
	uint32_t field = (uint32_t)h->start + h->offset;
	uint16_t sum;

	if (h->flags & VNET_NEEDS_CSUM) {
		if (field + sizeof(sum) > s->len)
			return -EINVAL;
		sum = (uint16_t)~csum_fold(csum->add(0, s->packet + h->start, s->len - h->start));
		/* For UDP zero means that there is none; elsewhere both mean the same. */
		put_csum(s->packet + field, sum ? sum : 0xffff);
	}
	s->header = s->len;
	s->n = 1;
	return 0;
}

/* The IP header of a big packet, and the length that it states. */
static int read_ip(struct vnet_split *s, uint8_t protocol)
{
	const uint8_t *ip = s->packet + s->l3;
	uint32_t room = s->len - s->l3, len, header;

	if (s->len < s->l3 + IP4_HEADER)
		return -EINVAL;
	s->version = ip[0] >> 4;
	if (s->version == 4) {
		header = (ip[0] & 15u) * 4;
		len = load_be16(ip + IP4_LENGTH);
		if (header < IP4_HEADER || s->l4 != s->l3 + header || ip[IP4_PROTOCOL] != protocol)
			return -EINVAL;
	} else if (s->version == 6 && room >= IP6_HEADER) {
		/* There may be extension headers: the kernel tells where they end. */
		header = IP6_HEADER;
		len = load_be16(ip + IP6_LENGTH) + IP6_HEADER;
		if (s->l4 < s->l3 + header)
			return -EINVAL;
		if (s->l4 == s->l3 + header && ip[IP6_NEXT] != protocol)
			return -EINVAL;
	} else {
		return -EINVAL;
	}
	if (len > room)
		return -EINVAL;
	s->len = s->l3 + len;
	return 0;
}

/* The TCP or UDP header: hdr_len is a hint that may be wrong, so its own length counts. */
static int read_l4(struct vnet_split *s, bool tcp)
{
	const uint8_t *l4 = s->packet + s->l4;
	uint32_t header = tcp ? TCP_HEADER : UDP_HEADER;

	if (s->len < s->l4 + header)
		return -EINVAL;
	if (tcp)
		header = (l4[TCP_OFFSET] >> 4) * 4u;
	if (tcp && header < TCP_HEADER)
		return -EINVAL;
	s->header = s->l4 + header;
	return s->header < s->len ? 0 : -EINVAL;
}

/* Make the headers common to all segments: zero what differs, and sum up the rest once. */
static void prepare(struct vnet_split *s, bool tcp)
{
	uint8_t *ip = s->packet + s->l3, *l4 = s->packet + s->l4;
	const struct csum *csum = &csum_portable;

	s->l4_sum = csum_be16(tcp ? IPPROTO_TCP : IPPROTO_UDP);
	if (s->version == 4) {
		s->id = load_be16(ip + IP4_ID);
		store_be16(ip + IP4_LENGTH, 0);
		store_be16(ip + IP4_ID, 0);
		store_be16(ip + IP4_CSUM, 0);
		s->ip_sum = csum->add(0, ip, (ip[0] & 15u) * 4);
		s->l4_sum = csum->add(s->l4_sum, ip + IP4_ADDRESSES, 8);
	} else {
		s->l4_sum = csum->add(s->l4_sum, ip + IP6_ADDRESSES, 32);
	}
	if (tcp) {
		s->seq = load_be32(l4 + TCP_SEQ);
		s->tcp_flags = l4[TCP_FLAGS];
		store_be32(l4 + TCP_SEQ, 0);
		l4[TCP_FLAGS] = 0;
		store_be16(l4 + TCP_CSUM, 0);
	} else {
		store_be16(l4 + UDP_LENGTH, 0);
		store_be16(l4 + UDP_CSUM, 0);
	}
	s->l4_sum = csum->add(s->l4_sum, l4, s->header - s->l4);
}

static int begin_big(struct vnet_split *s, const struct vnet_hdr *h)
{
	unsigned type = h->type & ~VNET_ECN;
	bool tcp = type != VNET_UDP;
	int r;

	s->l4 = h->start;
	s->tcp = tcp;
	s->size = h->size;
	if (type != VNET_TCP4 && type != VNET_TCP6 && type != VNET_UDP)
		return -EINVAL;
	if (s->size == 0 || s->l4 >= s->len)
		return -EINVAL;
	r = read_ip(s, tcp ? IPPROTO_TCP : IPPROTO_UDP);
	if (r < 0)
		return r;
	if (tcp && s->version != (type == VNET_TCP4 ? 4 : 6))
		return -EINVAL;
	r = read_l4(s, tcp);
	if (r < 0)
		return r;
	prepare(s, tcp);
	s->n = (s->len - s->header + s->size - 1) / s->size;
	return 0;
}

int vnet_split_begin(struct vnet_split *s, const struct csum *csum, uint8_t *data, size_t len,
		     size_t l2len)
{
	struct vnet_hdr h;
	int r;

	*s = (struct vnet_split){ 0 };
	if (len <= VNET_HDR + l2len || len - VNET_HDR > PKT_MAX)
		return -EINVAL;
	memcpy(&h, data, VNET_HDR);
	s->packet = data + VNET_HDR;
	s->len = (uint32_t)(len - VNET_HDR);
	s->l3 = (uint32_t)l2len;
	r = h.type == VNET_PLAIN ? begin_plain(s, csum, &h) : begin_big(s, &h);
	if (r < 0)
		s->n = 0;
	return r;
}

static void finish_ip(const struct vnet_split *s, uint32_t i, uint8_t *ip, uint32_t len)
{
	uint16_t id = (uint16_t)(s->id + i);
	uint64_t sum;

	if (s->version == 6) {
		store_be16(ip + IP6_LENGTH, (uint16_t)(len - IP6_HEADER));
		return;
	}
	store_be16(ip + IP4_LENGTH, (uint16_t)len);
	store_be16(ip + IP4_ID, id);
	sum = s->ip_sum + csum_be16(len) + csum_be16(id);
	put_csum(ip + IP4_CSUM, (uint16_t)~csum_fold(sum));
}

/* As the kernel's own segmenter: CWR on the first only, FIN and PSH on the last only. */
static uint8_t flags_of(const struct vnet_split *s, uint32_t i)
{
	uint8_t flags = s->tcp_flags;

	if (i > 0)
		flags &= (uint8_t)~TCP_CWR;
	if (i < s->n - 1)
		flags &= (uint8_t) ~(TCP_FIN | TCP_PSH);
	return flags;
}

/* sum: of the payload and of the common parts of the headers. */
static void finish_tcp(const struct vnet_split *s, uint32_t i, uint8_t *l4, uint32_t len,
		       uint64_t sum)
{
	uint32_t seq = s->seq + i * s->size;
	uint8_t flags = flags_of(s, i);

	store_be32(l4 + TCP_SEQ, seq);
	l4[TCP_FLAGS] = flags;
	sum += csum_be16(seq >> 16) + csum_be16(seq & 0xffff) + csum_be16(flags) + csum_be16(len);
	put_csum(l4 + TCP_CSUM, (uint16_t)~csum_fold(sum));
}

static void finish_udp(uint8_t *l4, uint32_t len, uint64_t sum)
{
	uint16_t csum;

	store_be16(l4 + UDP_LENGTH, (uint16_t)len);
	/* Twice: in the pseudo-header, and in the header itself. */
	csum = (uint16_t)~csum_fold(sum + 2 * csum_be16(len));
	put_csum(l4 + UDP_CSUM, csum ? csum : 0xffff);
}

static bool add_segment(const struct vnet_split *s, const struct csum *csum, struct batch *b,
			uint32_t i)
{
	uint32_t at = s->header + i * s->size, len = s->len - at;
	struct pkt *p;
	uint64_t sum;

	if (len > s->size)
		len = s->size;
	p = batch_add(b, s->header + len);
	if (!p)
		return false;
	memcpy(p->data, s->packet, s->header);
	if (s->version == 0)
		return true;
	sum = csum->copy(s->l4_sum, p->data + s->header, s->packet + at, len);
	len += s->header;
	finish_ip(s, i, p->data + s->l3, len - s->l3);
	if (s->tcp)
		finish_tcp(s, i, p->data + s->l4, len - s->l4, sum);
	else
		finish_udp(p->data + s->l4, len - s->l4, sum);
	return true;
}

uint32_t vnet_split_more(struct vnet_split *s, const struct csum *csum, struct batch *b,
			 uint32_t most)
{
	uint32_t added = 0;

	while (added < most && s->next < s->n && add_segment(s, csum, b, s->next)) {
		s->next++;
		added++;
	}
	return added;
}
