/* SPDX-License-Identifier: ISC */
#ifndef PROTO_WIRE_H
#define PROTO_WIRE_H

/*
 * The four messages as bytes (whitepaper 5.4). All members are bytes, so a struct may be at
 * any address; integers go through base/bytes.h.
 */

#include <stdint.h>

enum message_type {
	MESSAGE_INITIATION = 1,
	MESSAGE_RESPONSE = 2,
	MESSAGE_COOKIE = 3,
	MESSAGE_DATA = 4,
};

enum {
	MAC_LEN = 16,
	TIMESTAMP_LEN = 12,
	COOKIE_LEN = 16,
	SEAL_LEN = 16, /* what an AEAD adds */
};

struct wire_macs {
	uint8_t mac1[MAC_LEN];
	uint8_t mac2[MAC_LEN];
};

struct wire_initiation {
	uint8_t type[4];
	uint8_t sender[4];
	uint8_t ephemeral[32];
	uint8_t sealed_static[32 + SEAL_LEN];
	uint8_t sealed_timestamp[TIMESTAMP_LEN + SEAL_LEN];
	struct wire_macs macs;
};
_Static_assert(sizeof(struct wire_initiation) == 148, "initiation");

struct wire_response {
	uint8_t type[4];
	uint8_t sender[4];
	uint8_t receiver[4];
	uint8_t ephemeral[32];
	uint8_t sealed_nothing[SEAL_LEN];
	struct wire_macs macs;
};
_Static_assert(sizeof(struct wire_response) == 92, "response");

struct wire_cookie {
	uint8_t type[4];
	uint8_t receiver[4];
	uint8_t nonce[24];
	uint8_t sealed_cookie[COOKIE_LEN + SEAL_LEN];
};
_Static_assert(sizeof(struct wire_cookie) == 64, "cookie reply");

struct wire_data {
	uint8_t type[4];
	uint8_t receiver[4];
	uint8_t counter[8];
	uint8_t sealed[];
};
_Static_assert(sizeof(struct wire_data) == 16, "data header");

enum {
	WIRE_DATA_MIN = sizeof(struct wire_data) + SEAL_LEN, /* a keepalive */
	WIRE_HANDSHAKE_MAX = sizeof(struct wire_initiation),
};

#endif
