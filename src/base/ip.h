/* SPDX-License-Identifier: ISC */
#ifndef BASE_IP_H
#define BASE_IP_H

/* One address of either family. */

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One address, either family. family is AF_INET, AF_INET6, or 0: none. */
struct ip {
	uint8_t family;
	union {
		struct in_addr v4;
		struct in6_addr v6;
		uint8_t bytes[16]; /* network order; 4 used for AF_INET */
	};
};

enum { IP_TEXT = 48 }; /* an address with its NUL */

/* Bits of an address of this family: 32 or 128. */
unsigned ip_bits(int family);
/* Length in bytes of an address of this family: 4 or 16. */
size_t ip_len(int family);
/*
 * Strict: a dotted quad with four parts, or RFC 4291 text; no scope. len characters,
 * no NUL needed.
 */
bool ip_parse(struct ip *ip, const char *text, size_t len);
void ip_print(char text[IP_TEXT], const struct ip *ip);
bool ip_equal(const struct ip *a, const struct ip *b);
/* Link-local or unspecified: hosts send from these automatically, besides their own address. */
bool ip_is_link_local(const struct ip *ip);
/*
 * A host other than this one can have it on any network: it is neither unspecified, loopback,
 * link-local, multicast nor reserved, nor IPv4 in IPv6.
 */
bool ip_is_of_host(const struct ip *ip);

#endif
