/* SPDX-License-Identifier: ISC */
#ifndef BASE_ADDR_H
#define BASE_ADDR_H

/*
 * Addresses: a prefix (an inner network) and an endpoint (where datagrams come
 * from and go to).  Nothing here resolves names.
 */

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* One address, either family. family is AF_INET, AF_INET6, or 0: none. */
struct ip {
	uint8_t family;
	union {
		struct in_addr v4;
		struct in6_addr v6;
		uint8_t bytes[16]; /* network order; 4 used for AF_INET */
	};
};

/* An address and the number of its leading bits that matter. */
struct prefix {
	struct ip ip;
	uint8_t bits; /* 0..32 or 0..128 */
};

/*
 * Both ends of a path through the network.  remote.sa.sa_family is 0 when the
 * endpoint is unknown, as in a zeroed struct.  local is the address that the
 * other side reached us at (IP_PKTINFO) and that we answer from; its family is 0
 * when routing may choose.  ifindex is the interface of arrival, 0 if unknown.
 */
struct endpoint {
	union {
		struct sockaddr sa;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} remote;
	struct ip local;
	uint32_t ifindex;
};

enum {
	IP_TEXT = 48,       /* an address with its NUL */
	PREFIX_TEXT = 52,   /* ...and "/128" */
	ENDPOINT_TEXT = 72, /* "[v6%scope]:port" and NUL */
};

/* Bits of an address of this family: 32 or 128. */
unsigned ip_bits(int family);
/* Its length in bytes: 4 or 16. */
size_t ip_len(int family);
/*
 * Strict: a dotted quad with four parts, or RFC 4291 text; no scope. len characters,
 * no NUL needed.
 */
bool ip_parse(struct ip *ip, const char *text, size_t len);
void ip_print(char text[IP_TEXT], const struct ip *ip);
bool ip_equal(const struct ip *a, const struct ip *b);
/* Of one link only, or none yet: what hosts send from by themselves, beside their own. */
bool ip_is_link_local(const struct ip *ip);

/*
 * "address/bits" or "address" (all bits).  Host bits are kept: prefix_mask()
 * clears them.  false leaves *p untouched.
 */
bool prefix_parse(struct prefix *p, const char *text, size_t len);
void prefix_print(char text[PREFIX_TEXT], const struct prefix *p);
void prefix_mask(struct prefix *p);
bool prefix_is_masked(const struct prefix *p);
bool prefix_equal(const struct prefix *a, const struct prefix *b);
bool prefix_contains(const struct prefix *p, const struct ip *ip);

/*
 * Numeric endpoints: "1.2.3.4:port", "[v6]:port", "[v6%scope]:port"; scope is an
 * interface name or index, resolved in the caller's network namespace.  Port
 * 0..65535.  local is cleared.  false leaves *e untouched.
 */
bool endpoint_parse(struct endpoint *e, const char *text, size_t len);
/*
 * Empty text when unknown. A scoped address is printed with the interface's name, or
 * its index if it has none.
 */
void endpoint_print(char text[ENDPOINT_TEXT], const struct endpoint *e);
bool endpoint_known(const struct endpoint *e);
/* Length of the remote sockaddr, by its family. */
socklen_t endpoint_len(const struct endpoint *e);
uint16_t endpoint_port(const struct endpoint *e);
/* Same remote address and port; the scope counts for link-local addresses only. */
bool endpoint_same_remote(const struct endpoint *a, const struct endpoint *b);
/* Same remote, same local address, same interface. */
bool endpoint_equal(const struct endpoint *a, const struct endpoint *b);
/* The remote address as an ip; v4-mapped v6 becomes v4. */
struct ip endpoint_ip(const struct endpoint *e);
/* Forget the local half: routing chooses the source of the next datagram. */
void endpoint_forget_local(struct endpoint *e);

#endif
