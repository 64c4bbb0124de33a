/* SPDX-License-Identifier: ISC */
#ifndef IO_VNET_IP_H
#define IO_VNET_IP_H

/* Offsets in IP, TCP and UDP headers: only for the vnet files. */

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "io/vnet.h"

enum { IP4_HEADER = 20, IP6_HEADER = 40, TCP_HEADER = 20, UDP_HEADER = 8 };
enum { IP4_LENGTH = 2, IP4_ID = 4, IP4_FRAGMENT = 6, IP4_PROTOCOL = 9, IP4_CSUM = 10 };
enum { IP4_ADDRESSES = 12, IP6_LENGTH = 4, IP6_NEXT = 6, IP6_HOPS = 7, IP6_ADDRESSES = 8 };
enum { FRAGMENT_DF = 0x4000, FRAGMENT_PARTS = 0x3fff }; /* more fragments, and the offset */
enum { TCP_SEQ = 4, TCP_ACKED = 8, TCP_OFFSET = 12, TCP_FLAGS = 13, TCP_WINDOW = 14 };
enum { TCP_CSUM = 16, TCP_URGENT = 18, UDP_LENGTH = 4, UDP_CSUM = 6 };
enum { TCP_FIN = 0x01, TCP_PSH = 0x08, TCP_ACK = 0x10, TCP_ECE = 0x40, TCP_CWR = 0x80 };

static inline bool ip_is_v4(const uint8_t *ip)
{
	return ip[0] >> 4 == 4;
}

static inline uint8_t ip_protocol(const uint8_t *ip)
{
	return ip_is_v4(ip) ? ip[IP4_PROTOCOL] : ip[IP6_NEXT];
}

/* Of headers without options or extensions. */
static inline uint32_t ip_header(const uint8_t *ip)
{
	return ip_is_v4(ip) ? IP4_HEADER : IP6_HEADER;
}

static inline const uint8_t *ip_addresses(const uint8_t *ip, uint32_t *len)
{
	*len = ip_is_v4(ip) ? 8 : 32;
	return ip + (ip_is_v4(ip) ? IP4_ADDRESSES : IP6_ADDRESSES);
}

/* Sum of the pseudo-header, for this many bytes of TCP or UDP. */
static inline uint64_t ip_pseudo_sum(const uint8_t *ip, uint32_t l4_len)
{
	uint32_t len;
	const uint8_t *addresses = ip_addresses(ip, &len);

	return csum_portable.add(csum_be16(ip_protocol(ip)) + csum_be16(l4_len), addresses, len);
}

static inline bool vnet_is_tcp(uint8_t type)
{
	return type == VNET_TCP4 || type == VNET_TCP6;
}

#endif
