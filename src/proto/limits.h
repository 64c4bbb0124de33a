/* SPDX-License-Identifier: ISC */
#ifndef PROTO_LIMITS_H
#define PROTO_LIMITS_H

/*
 * The numbers of the protocol, under the names of the whitepaper (section 6.1)
 * where it has one.  Times are nanoseconds of CLOCK_BOOTTIME.
 */

#include <stdint.h>

#include "base/instant.h"

#define REKEY_AFTER_MESSAGES ((uint64_t)1 << 60)
/* 2^64 - 8130, as in the kernel, so that the sums of the replay window never overflow */
#define REJECT_AFTER_MESSAGES (UINT64_MAX - 8129)
#define REKEY_AFTER_TIME_NS   (120 * SECOND_NS)
#define REJECT_AFTER_TIME_NS  (180 * SECOND_NS)
#define REKEY_TIMEOUT_NS      (5 * SECOND_NS)
#define KEEPALIVE_TIMEOUT_NS  (10 * SECOND_NS)
/*
 * whitepaper 6.2: the initiator renews when receiving on a key this old, so that an answer can
 * still arrive
 */
#define REKEY_RECEIVE_NS (REJECT_AFTER_TIME_NS - KEEPALIVE_TIMEOUT_NS - REKEY_TIMEOUT_NS)
/* whitepaper 6.5: data sent and nothing heard for this long */
#define NEW_HANDSHAKE_NS (KEEPALIVE_TIMEOUT_NS + REKEY_TIMEOUT_NS)
#define FORGET_NS        (3 * REJECT_AFTER_TIME_NS)
#define COOKIE_SECRET_NS (120 * SECOND_NS)
#define COOKIE_USE_NS    (COOKIE_SECRET_NS - 5 * SECOND_NS)
#define FLOOD_NS         (20 * MILLI_NS) /* 50 initiations per second and peer */
#define ASK_AGAIN_NS     (25 * MILLI_NS) /* more than FLOOD_NS, which the peer applies */
#define UNDER_LOAD_NS    (1 * SECOND_NS)

enum {
	JITTER_MS = 334,           /* jitter is 0..333 ms */
	MAX_TIMER_HANDSHAKES = 18, /* REKEY_ATTEMPT_TIME 90 s / REKEY_TIMEOUT 5 s */
	STAGED_PACKETS = 128,
	STAGED_BYTES = 256 << 10,        /* of one peer... */
	STAGED_ALL = 64 << 20,           /* ...but from that much of all peers on... */
	STAGED_FEW = 16 << 10,           /* ...each further one gets this */
	HSQUEUE_SIZE = 1024,             /* handshake messages that wait */
	HSQUEUE_LOAD = HSQUEUE_SIZE / 8, /* this many waiting: under load */
	/*
	 * Cookies a second, and at once: 5 us each. To all strangers together: among 300000
	 * invented ones a second a real one waits for minutes.
	 */
	COOKIES = 10000,
	COOKIES_BURST = 512,
	/* Messages of a prefix that are looked at for a cookie, or get one. */
	COOKIES_PREFIX = 400,
	/* Apart from those: cookies to endpoints of peers together; messages from each of them. */
	COOKIES_PEERS = 4000,
	COOKIES_PEERS_BURST = 512,
	COOKIES_PEER = 20,
	COOKIES_PEER_BURST = 5,
	/* Looks at whether a mac2 is right, 1 us each, but for endpoints of peers. */
	PROOFS = 20000,
	PROOFS_BURST = 1000,
	PROVED = 20, /* handshake messages a second from a source whose mac2 is right */
	PROVED_BURST = 5,
	ALONE_PACKETS = 1 << 16, /* to a peer until runs are tried again: a second at full speed */
	PEERS_MAX = 1 << 20,
};

#endif
