/* SPDX-License-Identifier: ISC */
#ifndef UNIT_BIG_H
#define UNIT_BIG_H

/* Packets for tests of the virtio-net code: headers with right checksums, and a payload. */

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/bytes.h"
#include "fuzz/naive.h"

struct shape {
	bool v6, tcp;
	uint8_t flags; /* TCP; 0: ACK */
	uint32_t seq;
	uint16_t id, port; /* IPv4; source, 0: 1000 */
	bool fragmentable;
	uint32_t options; /* bytes of TCP options */
	uint32_t payload;
	uint8_t fill; /* the payload counts up from here */
};

static inline size_t big_l3(const struct shape *s)
{
	return s->v6 ? 40 : 20;
}

static inline size_t big_header(const struct shape *s)
{
	return big_l3(s) + (s->tcp ? 20 + s->options : 8);
}

static inline void big_sum(const struct shape *s, uint8_t *p)
{
	size_t l3 = big_l3(s), l4_len = big_header(s) - l3 + s->payload;
	uint8_t protocol = s->tcp ? IPPROTO_TCP : IPPROTO_UDP;
	uint8_t *field = p + l3 + (s->tcp ? 16 : 6);
	uint16_t sum;

	store_be16(field, 0);
	sum = (uint16_t)~naive_l4_csum(p, l3, l4_len, protocol);
	store_be16(field, sum == 0 && !s->tcp ? 0xffff : sum);
	if (s->v6)
		return;
	store_be16(p + 10, 0);
	store_be16(p + 10, (uint16_t)~naive_csum(p, 20, 0));
}

/* Its length. */
static inline size_t big_packet(const struct shape *s, uint8_t *p)
{
	size_t l3 = big_l3(s), header = big_header(s), len = header + s->payload;
	uint8_t protocol = s->tcp ? IPPROTO_TCP : IPPROTO_UDP, *l4 = p + l3;

	memset(p, 0, header);
	if (s->v6) {
		p[0] = 0x60;
		store_be16(p + 4, (uint16_t)(len - 40));
		p[6] = protocol;
		p[7] = 64;
		p[8] = p[24] = 0xfd;
		p[23] = 1;
		p[39] = 2;
	} else {
		p[0] = 0x45;
		store_be16(p + 2, (uint16_t)len);
		store_be16(p + 4, s->id);
		store_be16(p + 6, s->fragmentable ? 0 : 0x4000);
		p[8] = 64;
		p[9] = protocol;
		store_be32(p + 12, 0x0a000001);
		store_be32(p + 16, 0x0a000002);
	}
	store_be16(l4, s->port ? s->port : 1000);
	store_be16(l4 + 2, 443);
	if (s->tcp) {
		store_be32(l4 + 4, s->seq);
		store_be32(l4 + 8, 77);
		l4[12] = (uint8_t)((20 + s->options) / 4 << 4);
		l4[13] = s->flags ? s->flags : 0x10;
		store_be16(l4 + 14, 500);
		memset(l4 + 20, 1, s->options);
	} else {
		store_be16(l4 + 4, (uint16_t)(len - l3));
	}
	for (uint32_t i = 0; i < s->payload; i++)
		p[header + i] = (uint8_t)(s->fill + i + (i >> 8));
	big_sum(s, p);
	return len;
}

/* A virtio header for it, and it: bytes in all. */
static inline size_t big_read(const struct shape *s, uint16_t size, uint8_t *out)
{
	struct vnet_hdr h = { .flags = 1,
			      .type = s->tcp ? (s->v6 ? VNET_TCP6 : VNET_TCP4) : VNET_UDP,
			      .header = (uint16_t)big_header(s),
			      .size = size,
			      .start = (uint16_t)big_l3(s),
			      .offset = s->tcp ? 16 : 6 };

	memcpy(out, &h, VNET_HDR);
	return VNET_HDR + big_packet(s, out + VNET_HDR);
}

#endif
