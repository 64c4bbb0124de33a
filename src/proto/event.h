/* SPDX-License-Identifier: ISC */
#ifndef PROTO_EVENT_H
#define PROTO_EVENT_H

/* Something that the admin may want to know; tunnel_event() returns the next one. */

#include <stdint.h>

#include "base/endpoint.h"
#include "base/key.h"

struct peer;

enum event_kind {
	EVENT_NONE,
	EVENT_HANDSHAKE, /* a session was confirmed */
	/* an initiation was repeated; n: how many had no answer so far; end: from where */
	EVENT_RETRY,
	EVENT_GAVE_UP,      /* no answer to 20 initiations: waiting for traffic */
	EVENT_ENDPOINT,     /* the peer moved: peer->endpoint */
	EVENT_TRYING,       /* it is looked for at another place: peer->endpoint */
	EVENT_FORGOT,       /* 540 s without a new session: keys wiped */
	EVENT_UNKNOWN_PEER, /* initiation from a key that is not configured, hourly; key, end */
	EVENT_PSK,          /* the first response that does not decrypt: preshared keys differ */
	EVENT_TIMESTAMP,    /* the first that is older than an earlier one: clock or shared key */
};

struct event {
	enum event_kind kind;
	struct peer *peer; /* NULL for EVENT_UNKNOWN_PEER; valid until the peer is removed */
	uint32_t n;
	struct key key;
	struct endpoint end;
};

#endif
