/* SPDX-License-Identifier: ISC */
#include "base/ip.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/bytes.h"

unsigned ip_bits(int family)
{
	return (unsigned)ip_len(family) * 8;
}

size_t ip_len(int family)
{
	if (family == AF_INET)
		return 4;
	return family == AF_INET6 ? 16 : 0;
}

bool ip_parse(struct ip *ip, const char *text, size_t len)
{
	char copy[INET6_ADDRSTRLEN];
	struct ip made = { 0 };

	if (len == 0 || len >= sizeof(copy) || memchr(text, '\0', len))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';

	made.family = strchr(copy, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(made.family, copy, made.bytes) != 1)
		return false;
	*ip = made;
	return true;
}

void ip_print(char text[IP_TEXT], const struct ip *ip)
{
	text[0] = '\0';
	if (ip->family)
		inet_ntop(ip->family, ip->bytes, text, IP_TEXT);
}

bool ip_equal(const struct ip *a, const struct ip *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, ip_len(a->family)) == 0;
}

bool ip_is_link_local(const struct ip *ip)
{
	static const uint8_t none[16];

	if (memcmp(ip->bytes, none, ip_len(ip->family)) == 0)
		return true;
	if (ip->family == AF_INET)
		return ip->bytes[0] == 169 && ip->bytes[1] == 254;
	return ip->bytes[0] == 0xfe && (ip->bytes[1] & 0xc0) == 0x80;
}

/* IPv6: ::/8 holds ::, ::1 and all forms of IPv4; fe80::/9 the former site-local addresses, too. */
bool ip_is_of_host(const struct ip *ip)
{
	const uint8_t *b = ip->bytes;

	if (ip->family == AF_INET)
		return b[0] != 0 && b[0] != 127 && b[0] < 224 && !ip_is_link_local(ip);
	return ip->family == AF_INET6 && b[0] != 0 && b[0] != 0xff &&
	       !(b[0] == 0xfe && (b[1] & 0x80));
}
