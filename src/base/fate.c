/* SPDX-License-Identifier: ISC */
#include "base/fate.h"

#include "base/bytes.h"

#define FATES(X)                        \
	X(NONE, "none")                 \
	X(DEV, "dev")                   \
	X(NET, "net")                   \
	X(STAGED, "staged")             \
	X(HANDSHAKE, "handshake")       \
	X(KEEPALIVE, "keepalive")       \
	X(CONSUMED, "consumed")         \
	X(RUNT, "runt")                 \
	X(TYPE, "type")                 \
	X(SENDER, "sender")             \
	X(NO_KEY, "no-key")             \
	X(MAC, "mac")                   \
	X(HSQUEUE_FULL, "lane-full")    \
	X(COOKIE_SENT, "cookie-sent")   \
	X(RATE, "rate")                 \
	X(NOISE, "noise")               \
	X(PSK, "psk")                   \
	X(UNKNOWN_PEER, "unknown-peer") \
	X(TIMESTAMP, "timestamp")       \
	X(FLOOD, "flood")               \
	X(NO_HANDSHAKE, "no-handshake") \
	X(COOKIE, "cookie")             \
	X(NO_SESSION, "no-session")     \
	X(EXPIRED, "expired")           \
	X(FORGED, "forged")             \
	X(REPLAY, "replay")             \
	X(NOT_IP, "not-ip")             \
	X(LENGTH, "length")             \
	X(SOURCE, "source")             \
	X(NO_PEER, "no-peer")           \
	X(NO_ENDPOINT, "no-endpoint")   \
	X(STAGE_FULL, "stage-full")     \
	X(STAGE_PURGED, "stage-purged") \
	X(NO_MEMORY, "no-memory")       \
	X(SEND, "send")                 \
	X(DEVICE, "device")

#define FATE_BIT(fate, name)   | UINT64_C(1) << FATE_##fate
#define FATE_ENTRY(fate, name) [FATE_##fate] = name,

_Static_assert(FATE_COUNT < 64, "one bit per fate");
_Static_assert((UINT64_C(0) FATES(FATE_BIT)) == (UINT64_C(1) << FATE_COUNT) - 1,
	       "every fate has a name");

const char *fate_name(enum fate fate)
{
	static const char *const names[] = { FATES(FATE_ENTRY) };

	if ((size_t)fate >= LEN(names))
		return "unknown";
	return names[fate];
}
