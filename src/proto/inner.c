/* SPDX-License-Identifier: ISC */
#include "proto/inner.h"

#include "base/bytes.h"

enum { IPV4_HEADER = 20, IPV6_HEADER = 40 };
enum { ECN_NOT = 0, ECN_ECT1 = 1, ECN_ECT0 = 2, ECN_CE = 3, ECN_MASK = 3 };

int inner_version(const uint8_t *data, size_t len)
{
	if (len >= IPV4_HEADER && data[0] >> 4 == 4)
		return 4;
	if (len >= IPV6_HEADER && data[0] >> 4 == 6)
		return 6;
	return 0;
}

static size_t header4(const uint8_t *data)
{
	return (size_t)(data[0] & 15) * 4;
}

static size_t stated4(const uint8_t *data)
{
	size_t header = header4(data), stated = load_be16(data + 2);

	return header >= IPV4_HEADER && stated >= header ? stated : 0;
}

/* A jumbogram has its length in an option, and would not fit in a datagram. */
static size_t stated6(const uint8_t *data)
{
	size_t payload = load_be16(data + 4);

	return payload || data[6] != IPPROTO_HOPOPTS ? payload + IPV6_HEADER : 0;
}

size_t inner_length(const uint8_t *data, size_t len, int version)
{
	size_t stated = version == 4 ? stated4(data) : stated6(data);

	return stated <= len ? stated : 0;
}

struct peer *inner_destination(const struct allowed *a, const uint8_t *data, int version)
{
	return version == 4 ? allowed_find4(a, data + 16) : allowed_find6(a, data + 24);
}

struct peer *inner_source(const struct allowed *a, const uint8_t *data, int version)
{
	return version == 4 ? allowed_find4(a, data + 12) : allowed_find6(a, data + 8);
}

void inner_source_ip(const uint8_t *data, int version, struct ip *out)
{
	*out = (struct ip){ .family = version == 4 ? AF_INET : AF_INET6 };
	memcpy(out->bytes, version == 4 ? data + 12 : data + 8, version == 4 ? 4 : 16);
}

void inner_destination_ip(const uint8_t *data, int version, struct ip *out)
{
	*out = (struct ip){ .family = version == 4 ? AF_INET : AF_INET6 };
	memcpy(out->bytes, version == 4 ? data + 16 : data + 24, version == 4 ? 4 : 16);
}

bool inner_is_for_one(const uint8_t *data, int version)
{
	return version == 4 ? data[16] < 224 : data[24] != 0xff;
}

bool inner_wants_answer(const uint8_t *data, size_t len, int version)
{
	size_t header = version == 4 ? header4(data) : IPV6_HEADER;
	uint8_t protocol = version == 4 ? data[9] : data[6];

	if (protocol == IPPROTO_TCP)
		return true;
	if (header >= len)
		return false;
	if (version == 4)
		return protocol == IPPROTO_ICMP && data[header] == 8;
	return protocol == IPPROTO_ICMPV6 && data[header] == 128;
}

static uint8_t ecn_get(const uint8_t *data, int version)
{
	return version == 4 ? data[1] & ECN_MASK : (data[1] >> 4) & ECN_MASK;
}

static void ecn_set(uint8_t *data, int version, uint8_t ecn)
{
	uint16_t before, after;
	uint32_t sum;

	if (version == 6) {
		data[1] = (uint8_t)((data[1] & ~(ECN_MASK << 4)) | ecn << 4);
		return;
	}
	before = load_be16(data);
	data[1] = (uint8_t)((data[1] & ~ECN_MASK) | ecn);
	after = load_be16(data);
	/* RFC 1624: HC' = ~(~HC + ~m + m') */
	sum = (uint32_t)(uint16_t)~load_be16(data + 10) + (uint16_t)~before + after;
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	store_be16(data + 10, (uint16_t)~sum);
}

uint8_t inner_ecn_out(const uint8_t *data, int version)
{
	uint8_t ecn = ecn_get(data, version);

	return ecn == ECN_CE ? ECN_ECT0 : ecn;
}

void inner_ecn_in(uint8_t *data, int version, uint8_t outer_tos)
{
	uint8_t outer = outer_tos & ECN_MASK, inner = ecn_get(data, version);

	if (inner == ECN_NOT || inner == ECN_CE)
		return;
	if (outer == ECN_CE)
		ecn_set(data, version, ECN_CE);
	else if (outer == ECN_ECT1 && inner == ECN_ECT0)
		ecn_set(data, version, ECN_ECT1);
}
