/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/bytes.h"
#include "io/vnet.h"
#include "io/vnet_ip.h"

static void put16(uint8_t *at, uint16_t value)
{
	memcpy(at, &value, sizeof(value));
}

/*
 * The headers of joined packets: those of the first, with the length of all, the PSH of the
 * last, and a partial checksum from which the kernel continues.
 */
static void write_head(struct vnet_out *out, const struct vnet_piece *head, const uint8_t *first,
		       const uint8_t *last)
{
	uint8_t *ip = out->head + VNET_HDR, *l4;
	uint32_t l3 = ip_header(first);
	uint32_t len = head->bytes - l3;
	struct vnet_hdr h = { .flags = VNET_NEEDS_CSUM,
			      .type = head->type,
			      .header = head->header,
			      .size = head->size,
			      .start = (uint16_t)l3,
			      .offset = vnet_is_tcp(head->type) ? TCP_CSUM : UDP_CSUM };

	memcpy(out->head, &h, VNET_HDR);
	memcpy(ip, first, head->header);
	l4 = ip + l3;
	if (l3 == IP4_HEADER) {
		store_be16(ip + IP4_LENGTH, (uint16_t)head->bytes);
		store_be16(ip + IP4_CSUM, 0);
		put16(ip + IP4_CSUM, (uint16_t)~csum_fold(csum_portable.add(0, ip, IP4_HEADER)));
	} else {
		store_be16(ip + IP6_LENGTH, (uint16_t)len);
	}
	if (vnet_is_tcp(head->type))
		l4[TCP_FLAGS] |= last[l3 + TCP_FLAGS] & TCP_PSH;
	else
		store_be16(l4 + UDP_LENGTH, (uint16_t)len);
	put16(l4 + h.offset, csum_fold(ip_pseudo_sum(first, len)));
}

static void write_joined(const struct vnet_merge *m, const struct batch *b, uint32_t at,
			 struct vnet_out *out)
{
	const struct vnet_piece *head = &m->piece[at];
	const struct pkt *pkt = &b->pkt[m->from + at];

	write_head(out, head, pkt->data, b->pkt[m->from + head->last].data);
	out->iov[0].iov_base = out->head;
	out->iov[0].iov_len = (size_t)VNET_HDR + head->header;
	out->n_iov = 1;
	for (uint32_t i = at;; i = m->piece[i].next) {
		pkt = &b->pkt[m->from + i];
		out->iov[out->n_iov++] = (struct iovec){ .iov_base = pkt->data + head->header,
							 .iov_len = m->piece[i].size };
		if (i == head->last)
			return;
	}
}

static void write_single(const struct pkt *p, struct vnet_out *out)
{
	/* All of it: whatever was there before must not be taken for an offload. */
	memset(p->data - VNET_HDR, 0, VNET_HDR);
	out->iov[0].iov_base = p->data - VNET_HDR;
	out->iov[0].iov_len = (size_t)VNET_HDR + p->len;
	out->n_iov = 1;
}

bool vnet_write_next(struct vnet_merge *m, const struct batch *b, struct vnet_out *out)
{
	const struct vnet_piece *piece;

	while (m->at < m->after && m->piece[m->at - m->from].n == 0)
		m->at++;
	if (m->at == m->after)
		return false;
	piece = &m->piece[m->at - m->from];
	out->first = m->at;
	out->n = piece->n;
	out->type = piece->n > 1 ? piece->type : VNET_PLAIN;
	if (piece->n > 1)
		write_joined(m, b, m->at - m->from, out);
	else
		write_single(&b->pkt[m->at], out);
	m->at++;
	return true;
}
