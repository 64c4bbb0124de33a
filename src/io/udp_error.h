/* SPDX-License-Identifier: ISC */
#ifndef IO_UDP_ERROR_H
#define IO_UDP_ERROR_H

/*
 * What the network says about datagrams sent earlier: ICMP, from the error queues of the
 * sockets (IP_RECVERR).
 *
 * With that option an ICMP message also makes one later, unrelated send or receive on the
 * socket fail; udp_send() and udp_recv() then try again, and note that something waits here.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/endpoint.h"
#include "base/ip.h"

struct udp;

struct udp_error {
	struct endpoint to; /* where the datagram went */
	struct ip from;     /* its sender; family 0: this host itself, without ICMP */
	uint8_t type, code; /* of ICMP, or of ICMPv6 if the datagram went by IPv6 */
	int err;            /* errno, as the kernel translates it */
};

/* Whether such an errno may stem from an earlier datagram. */
bool udp_error_may_pend(int err);
/* ...and cannot stem from anything else, on a socket that is not connected. */
bool udp_error_must_pend(int err);

/*
 * A socket apart (io/udp.h) has woken up the loop: only an error can do that. The kernel gives
 * an ICMP message to any of the sockets that share the port, whichever has sent.
 */
void udp_error_expect(struct udp *u, int which);
/*
 * Take the oldest; false when nothing waits. Asks the kernel only if one of the sockets has
 * reason to believe that something does.
 */
bool udp_error_take(struct udp *u, struct udp_error *e);

#endif
