/* SPDX-License-Identifier: ISC */
#include "naive.h"

#include <string.h>

uint16_t naive_csum(const uint8_t *bytes, size_t len, uint32_t start)
{
	uint32_t sum = start;

	for (size_t i = 0; i < len; i++) {
		sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)sum;
}

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static void set16(uint8_t *p, uint32_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static void set32(uint8_t *p, uint32_t value)
{
	set16(p, value >> 16);
	set16(p + 2, value & 0xffff);
}

uint16_t naive_l4_csum(const uint8_t *ip, size_t l4, size_t len, uint8_t protocol)
{
	uint32_t sum = protocol;

	if (ip[0] >> 4 == 4)
		sum = naive_csum(ip + 12, 8, sum);
	else
		sum = naive_csum(ip + 8, 32, sum);
	sum += (uint32_t)len;
	sum = (sum & 0xffff) + (sum >> 16);
	return naive_csum(ip + l4, len, sum);
}

/* One that is not big; its checksum may be unfinished. */
static bool plain(const struct vnet_hdr *h, const uint8_t *p, size_t len, uint8_t *out)
{
	size_t field = (size_t)h->start + h->offset;
	uint16_t sum;

	memcpy(out, p, len);
	if (!(h->flags & 1))
		return true;
	if (field + 2 > len)
		return false;
	sum = (uint16_t)~naive_csum(p + h->start, len - h->start, 0);
	set16(out + field, sum ? sum : 0xffff);
	return true;
}

struct big {
	size_t l3, l4, header, end, size;
	uint8_t protocol;
	bool v4;
};

static bool read_big(struct big *b, const struct vnet_hdr *h, const uint8_t *p, size_t len,
		     size_t l2len)
{
	unsigned type = h->type & 0x7f;

	*b = (struct big){ .l3 = l2len, .l4 = h->start, .size = h->size };
	if (type != 1 && type != 4 && type != 5)
		return false;
	b->protocol = type == 5 ? 17 : 6;
	if (b->size == 0 || len < b->l3 + 20 || b->l4 >= len)
		return false;
	b->v4 = p[b->l3] >> 4 == 4;
	if (b->v4) {
		size_t ihl = (p[b->l3] & 15u) * 4u;

		if (ihl < 20 || b->l4 != b->l3 + ihl || p[b->l3 + 9] != b->protocol || type == 4)
			return false;
		b->end = b->l3 + get16(p + b->l3 + 2);
	} else {
		if (p[b->l3] >> 4 != 6 || len < b->l3 + 40 || b->l4 < b->l3 + 40 || type == 1)
			return false;
		if (b->l4 == b->l3 + 40 && p[b->l3 + 6] != b->protocol)
			return false;
		b->end = b->l3 + 40 + get16(p + b->l3 + 4);
	}
	if (b->end > len)
		return false;
	if (b->end < b->l4 + (b->protocol == 6 ? 20u : 8u))
		return false;
	b->header = b->l4 + (b->protocol == 6 ? (size_t)(p[b->l4 + 12] >> 4) * 4 : 8);
	return b->header >= b->l4 + (b->protocol == 6 ? 20u : 8u) && b->header < b->end;
}

static void finish_l4(const struct big *b, uint8_t *out, size_t len, uint32_t i, bool last)
{
	uint8_t *l4 = out + b->l4;
	size_t field = b->protocol == 6 ? 16 : 6;
	uint16_t sum;

	if (b->protocol == 6) {
		set32(l4 + 4, get32(l4 + 4) + i * (uint32_t)b->size);
		if (!last)
			l4[13] &= (uint8_t) ~(1 | 8); /* FIN, PSH */
		if (i > 0)
			l4[13] &= (uint8_t)~0x80; /* CWR */
	} else {
		set16(l4 + 4, (uint32_t)(len - b->l4));
	}
	set16(l4 + field, 0);
	sum = (uint16_t)~naive_l4_csum(out + b->l3, b->l4 - b->l3, len - b->l4, b->protocol);
	set16(l4 + field, sum == 0 && b->protocol == 17 ? 0xffff : sum);
}

bool naive_segment(const uint8_t *data, size_t data_len, size_t l2len, uint32_t i, uint8_t *out,
		   size_t *len)
{
	const uint8_t *p = data + VNET_HDR;
	struct vnet_hdr h;
	struct big b;
	size_t from, n;

	if (data_len <= VNET_HDR + l2len || data_len - VNET_HDR > NAIVE_PACKET)
		return false;
	memcpy(&h, data, VNET_HDR);
	if (h.type == 0) {
		*len = data_len - VNET_HDR;
		return i == 0 && plain(&h, p, *len, out);
	}
	if (!read_big(&b, &h, p, data_len - VNET_HDR, l2len))
		return false;
	from = b.header + i * b.size;
	if (from >= b.end)
		return false;
	n = b.end - from < b.size ? b.end - from : b.size;
	memcpy(out, p, b.header);
	memcpy(out + b.header, p + from, n);
	*len = b.header + n;
	if (b.v4) {
		uint8_t *ip = out + b.l3;

		set16(ip + 2, (uint32_t)(*len - b.l3));
		set16(ip + 4, get16(ip + 4) + i);
		set16(ip + 10, 0);
		set16(ip + 10, (uint16_t)~naive_csum(ip, (ip[0] & 15u) * 4u, 0));
	} else {
		set16(out + b.l3 + 4, (uint32_t)(*len - b.l3 - 40));
	}
	finish_l4(&b, out, *len, i, from + n == b.end);
	return true;
}

static bool same_sum(const uint8_t *a, const uint8_t *b)
{
	uint16_t x = get16(a), y = get16(b);

	return x == y || ((x == 0 || x == 0xffff) && (y == 0 || y == 0xffff));
}

bool naive_same(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
	size_t l3 = a[0] >> 4 == 4 ? 20 : 40, field;
	uint8_t protocol = a[0] >> 4 == 4 ? a[9] : a[6];

	if (a_len != b_len)
		return false;
	field = l3 + (protocol == 6 ? 16 : 6);
	for (size_t i = 0; i < a_len; i++) {
		bool ip_sum = l3 == 20 && (i == 10 || i == 11);
		bool id = l3 == 20 && (i == 4 || i == 5) && (a[6] & 0x40);

		if (!ip_sum && !id && i != field && i != field + 1 && a[i] != b[i])
			return false;
	}
	/* With another number the header's checksum is another one, too; but it must be right. */
	if (l3 == 20 && (naive_csum(a, 20, 0) != 0xffff || naive_csum(b, 20, 0) != 0xffff))
		return false;
	return same_sum(a + field, b + field);
}

long naive_flow(const uint8_t *p, size_t len)
{
	uint32_t key = 2166136261u;
	size_t from, to, next;

	if (len >= 20 && p[0] >> 4 == 4) {
		if (p[9] != 6 && p[9] != 17)
			return -1;
		if (p[0] != 0x45 || (get16(p + 6) & 0x3fff) || get16(p + 2) != len)
			return -2;
		from = 12, to = 24, next = p[9];
	} else if (len >= 40 && p[0] >> 4 == 6) {
		if (p[6] == 58)
			return -1;
		if ((p[6] != 6 && p[6] != 17) || get16(p + 4) + 40u != len)
			return -2;
		from = 8, to = 44, next = p[6];
	} else {
		return -1;
	}
	if (len < to + (next == 6 ? 16 : 4))
		return -2;
	key = (key ^ (uint32_t)next) * 16777619u;
	for (size_t i = from; i < to; i++)
		key = (key ^ p[i]) * 16777619u;
	return (long)key;
}
