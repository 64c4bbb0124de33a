/* SPDX-License-Identifier: ISC */
#include "base/prefix.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"

bool prefix_parse(struct prefix *p, const char *text, size_t len)
{
	struct text address, bits = text_from(text, len);
	struct prefix made;
	uint64_t n;

	if (!text_split(&bits, '/', &address))
		return false;
	if (!ip_parse(&made.ip, address.at, text_len(address)))
		return false;
	n = ip_bits(made.ip.family);
	/* Without a slash the text is used up, with nothing left to read. */
	if (bits.at && !text_u64(bits, n, &n))
		return false;
	made.bits = (uint8_t)n;
	*p = made;
	return true;
}

void prefix_print(char text[PREFIX_TEXT], const struct prefix *p)
{
	char address[IP_TEXT];

	ip_print(address, &p->ip);
	snprintf(text, PREFIX_TEXT, "%s/%u", address, (unsigned)p->bits);
}

/* The bits of the i-th byte of an address that a prefix of this length covers. */
static uint8_t mask_byte(unsigned bits, size_t i)
{
	if (bits >= 8 * (i + 1))
		return 0xff;
	if (bits <= 8 * i)
		return 0;
	return (uint8_t)(0xff00u >> (bits - 8 * i));
}

void prefix_mask(struct prefix *p)
{
	size_t i;

	for (i = 0; i < ip_len(p->ip.family); i++)
		p->ip.bytes[i] &= mask_byte(p->bits, i);
}

bool prefix_is_masked(const struct prefix *p)
{
	struct prefix masked = *p;

	prefix_mask(&masked);
	return ip_equal(&masked.ip, &p->ip);
}

bool prefix_equal(const struct prefix *a, const struct prefix *b)
{
	return a->bits == b->bits && ip_equal(&a->ip, &b->ip);
}

bool prefix_contains(const struct prefix *p, const struct ip *ip)
{
	size_t i;

	if (p->ip.family != ip->family || ip->family == 0)
		return false;
	for (i = 0; i < ip_len(ip->family); i++) {
		if ((p->ip.bytes[i] ^ ip->bytes[i]) & mask_byte(p->bits, i))
			return false;
	}
	return true;
}
