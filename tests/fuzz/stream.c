/* SPDX-License-Identifier: ISC */
#include "stream.h"

#include <string.h>

#include "base/bytes.h"
#include "naive.h"

enum { SEGMENT = 600 };

/* What may be odd about a packet; every other value of the byte is nothing. */
enum trouble {
	PSH = 1,
	FIN,
	URG,
	SYN,
	RST,
	ECE,
	CWR,
	TTL,
	TOS,
	DF,
	ID,
	TCP_OPTIONS,
	ACKED,
	WINDOW,
	SEQ,
	L4_SUM,
	IP_SUM,
	FRAGMENT,
	LATER_FRAGMENT,
	NO_SUM,
	TRAILING,
	CUT,
	EMPTY,
	RESERVED,
	URGENT,
	LABEL,
	OFFSET,
	LENGTH,
	OTHER_PROTOCOL,
	LONG_HEADER,
	SMALL,
	IP_VERSION,
	SHORT
};

void stream_init(struct stream *s)
{
	memset(s, 0, sizeof(*s));
	for (uint32_t i = 0; i < STREAM_FLOWS; i++) {
		s->flow[i] = (struct stream_flow){ .seq = 0xffffe000u + i * 77,
						   .ack = 1000 * i,
						   .window = 500,
						   .id = (uint16_t)(65500 + i),
						   .ttl = 64,
						   .options = (uint8_t)i };
	}
}

static size_t put_ip(struct stream_flow *f, uint32_t n, uint8_t protocol, size_t l4_len,
		     uint8_t trouble, uint8_t *ip)
{
	if (n % 2 == 0) {
		memset(ip, 0, 20);
		ip[0] = 0x45;
		ip[1] = f->tos;
		store_be16(ip + 2, (uint16_t)(20 + l4_len));
		store_be16(ip + 4, f->id++);
		/* Flow 4 counts its packets, the others are never fragmented. */
		store_be16(ip + 6, (n != 4) ^ (trouble == DF) ? 0x4000 : 0);
		ip[8] = f->ttl;
		ip[9] = protocol;
		store_be32(ip + 12, 0x0a000001 + n / 6);
		store_be32(ip + 16, 0x0a000102);
		return 20;
	}
	memset(ip, 0, 40);
	ip[0] = 0x60;
	ip[1] = (uint8_t)(f->tos << 4);
	ip[3] = trouble == LABEL;
	store_be16(ip + 4, (uint16_t)l4_len);
	ip[6] = protocol;
	ip[7] = f->ttl;
	ip[8] = 0xfd;
	ip[23] = 1;
	ip[24] = 0xfd;
	ip[39] = (uint8_t)(2 + n / 6);
	return 40;
}

static size_t put_tcp(struct stream_flow *f, uint32_t n, size_t payload, uint8_t trouble,
		      uint8_t *l4)
{
	static const uint8_t flag[] = {
		[PSH] = 8, [FIN] = 1, [URG] = 32, [SYN] = 2, [RST] = 4, [ECE] = 64, [CWR] = 128
	};
	size_t header = n < 2 ? 20 : 32;

	memset(l4, 0, header);
	store_be16(l4, (uint16_t)(1000 + n));
	store_be16(l4 + 2, 443);
	store_be32(l4 + 4, f->seq);
	store_be32(l4 + 8, f->ack);
	l4[12] = (uint8_t)(header / 4 << 4 | (trouble == RESERVED));
	l4[13] = (uint8_t)(0x10 | (trouble < sizeof(flag) ? flag[trouble] : 0));
	store_be16(l4 + 14, f->window);
	store_be16(l4 + 18, trouble == URGENT);
	if (header == 32)
		memset(l4 + 20, f->options, 12);
	f->seq += (uint32_t)payload;
	return header;
}

/* What changes for good in a flow. */
static void disturb_flow(struct stream_flow *f, uint8_t trouble, uint8_t by)
{
	if (trouble == TTL)
		f->ttl ^= by;
	if (trouble == TOS)
		f->tos ^= by & 15;
	if (trouble == ID)
		f->id = (uint16_t)(f->id + by);
	if (trouble == TCP_OPTIONS)
		f->options ^= by;
	if (trouble == ACKED)
		f->ack += by;
	if (trouble == WINDOW)
		f->window = (uint16_t)(f->window + by);
	if (trouble == SEQ)
		f->seq -= by;
}

static size_t payload_of(uint8_t trouble, const uint8_t op[STREAM_OP])
{
	if (trouble == EMPTY || trouble == SHORT)
		return 0;
	if (trouble == SMALL || trouble == OFFSET)
		return op[2] % 9u;
	/* Mostly of one size: that is what can be joined. */
	if (op[3] < 200)
		return SEGMENT;
	return (op[2] | op[3] << 8) % (SEGMENT + 200u);
}

/* What is wrong with a finished packet; its new length. */
static size_t damage(uint8_t *out, size_t l3, size_t len, uint8_t trouble, uint8_t by)
{
	switch (trouble) {
	case L4_SUM:
		out[l3 + by % (len - l3)] ^= 1;
		return len;
	case IP_SUM:
		if (l3 == 20)
			out[10 + by % 2] ^= 1;
		return len;
	case TRAILING:
		memset(out + len, by, 3);
		return len + 3;
	case CUT:
		return 1 + by % len;
	case IP_VERSION:
		out[0] ^= (uint8_t)(by << 4);
		return len;
	default:
		return len;
	}
}

static void mark_ip(uint8_t *ip, size_t l3, uint8_t trouble, uint8_t by)
{
	if (l3 == 20) {
		if (trouble == FRAGMENT)
			ip[6] = 0x20;
		if (trouble == LATER_FRAGMENT)
			ip[7] = by;
		if (trouble == LONG_HEADER)
			ip[0] = 0x46;
		if (trouble == OTHER_PROTOCOL)
			ip[9] = by;
		store_be16(ip + 10, 0);
		store_be16(ip + 10, (uint16_t)~naive_csum(ip, 20, 0));
	} else if (trouble == OTHER_PROTOCOL || trouble == FRAGMENT) {
		ip[6] = trouble == FRAGMENT ? 44 : by;
	}
}

size_t stream_packet(struct stream *s, const uint8_t op[STREAM_OP], uint8_t *out)
{
	uint32_t n = op[0] % STREAM_FLOWS;
	struct stream_flow *f = &s->flow[n];
	uint8_t trouble = op[1], protocol = n < 4 ? 6 : 17;
	size_t payload = payload_of(trouble, op), l3, header, field, whole;
	uint8_t *l4;
	uint16_t sum;

	disturb_flow(f, trouble, op[2]);
	header = protocol == 17 ? 8 : n < 2 ? 20 : 32;
	/* Shorter than its header, and IP knows. */
	whole = trouble == SHORT ? op[2] % header : header + payload;
	l3 = put_ip(f, n, protocol, whole, trouble, out);
	l4 = out + l3;
	if (protocol == 6) {
		put_tcp(f, n, payload, trouble, l4);
		field = 16;
	} else {
		store_be16(l4, (uint16_t)(1000 + n));
		store_be16(l4 + 2, 53);
		store_be16(l4 + 4, (uint16_t)(header + payload));
		field = 6;
	}
	for (size_t i = 0; i < payload; i++)
		l4[header + i] = (uint8_t)(s->made * 131 + i * 7 + op[2]);
	s->made++;
	if (trouble == OFFSET)
		l4[12] = (uint8_t)(op[2] << 4);
	if (trouble == LENGTH)
		l4[5] ^= op[2];
	store_be16(l4 + field, 0);
	sum = (uint16_t)~naive_l4_csum(out, l3, whole, protocol);
	if (protocol == 17 && sum == 0)
		sum = 0xffff;
	store_be16(l4 + field, trouble == NO_SUM ? 0 : sum);
	mark_ip(out, l3, trouble, op[2]);
	return damage(out, l3, l3 + whole, trouble, op[2]);
}
