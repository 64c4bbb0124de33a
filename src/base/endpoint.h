/* SPDX-License-Identifier: ISC */
#ifndef BASE_ENDPOINT_H
#define BASE_ENDPOINT_H

/* Where datagrams come from and go to.  Nothing here resolves names. */

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/ip.h"

/*
 * Both ends of a path through the network.  remote.sa.sa_family is 0 when the
 * endpoint is unknown, as in a zeroed struct.  local is the address that the
 * other side reached us at (IP_PKTINFO) and that we answer from; its family is 0
 * when routing may choose.  ifindex is the interface by which the other side was last
 * heard, 0 if it never was.
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

enum { ENDPOINT_TEXT = 72 }; /* "[v6%scope]:port" and NUL */

/*
 * Numeric endpoints: "1.2.3.4:port", "[v6]:port", "[v6%scope]:port"; scope is an
 * interface name or index, resolved in the caller's network namespace.  Port
 * 1..65535: nothing can be sent to port 0.  local is cleared.  false leaves *e
 * untouched.
 */
bool endpoint_parse(struct endpoint *e, const char *text, size_t len);
/*
 * Empty text when unknown. A scoped address is printed with the interface's name, or
 * its index if it has none.
 */
void endpoint_print(char text[ENDPOINT_TEXT], const struct endpoint *e);
bool endpoint_known(const struct endpoint *e);
/*
 * Whether an answer can reach this sender: it has a port, and an address of a single
 * host.  The kernel delivers datagrams from port 0, but refuses to send there; what is
 * sent to the unspecified address goes to this host itself.
 */
bool endpoint_answerable(const struct endpoint *e);
/* Length of the remote sockaddr, by its family. */
socklen_t endpoint_len(const struct endpoint *e);
uint16_t endpoint_port(const struct endpoint *e);
/* Same remote address and port; the scope counts for link-local addresses only. */
bool endpoint_same_remote(const struct endpoint *a, const struct endpoint *b);
/* Same remote, same local address, same interface. */
bool endpoint_equal(const struct endpoint *a, const struct endpoint *b);
/*
 * Append to a list of n, best first, that has room for cap.  A full list takes only the
 * first of an address family that it lacks, in place of its last.  Returns the new n.
 */
unsigned endpoint_append(struct endpoint *ends, unsigned n, unsigned cap, const struct endpoint *e);
/* The remote address as an ip; v4-mapped v6 becomes v4. */
struct ip endpoint_ip(const struct endpoint *e);
/* Forget the local address: routing chooses the source of the next datagram. */
void endpoint_forget_local(struct endpoint *e);

#endif
