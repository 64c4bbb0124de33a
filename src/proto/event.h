/* SPDX-License-Identifier: ISC */
#ifndef PROTO_EVENT_H
#define PROTO_EVENT_H

/*
 * Something that the admin may want to know; tunnel_event() returns the next one. What waits
 * about one peer cannot push out what waits about another: of each kind a peer has at most
 * one, the latest.
 */

#include <stdint.h>

#include "base/endpoint.h"
#include "base/key.h"

struct peer;

/* In the order in which those about one peer are told. */
enum event_kind {
	EVENT_NONE,
	/* an initiation was repeated; n: how many had no answer so far; end: from where */
	EVENT_RETRY,
	EVENT_TRYING,       /* it is looked for at another place: peer->endpoint */
	EVENT_GAVE_UP,      /* no answer to 20 initiations: waiting for traffic */
	EVENT_FORGOT,       /* 540 s without a new session: keys wiped */
	EVENT_PSK,          /* the first response that does not decrypt: preshared keys differ */
	EVENT_TIMESTAMP,    /* the first that is older than an earlier one: clock or shared key */
	EVENT_ENDPOINT,     /* the peer moved: peer->endpoint */
	EVENT_HANDSHAKE,    /* a session was confirmed */
	EVENT_UNKNOWN_PEER, /* initiation from a key that is not configured, hourly; key, end */
};

enum { EVENTS_OF_STRANGERS = 16 };

struct event {
	enum event_kind kind;
	struct peer *peer; /* NULL for EVENT_UNKNOWN_PEER; valid until the peer is removed */
	uint32_t n;
	struct key key;
	struct endpoint end;
};

/* What waits about one peer. */
struct news {
	uint16_t kinds;             /* one bit per enum event_kind */
	uint32_t unanswered;        /* n of EVENT_RETRY... */
	struct endpoint asked_from; /* ...and its end */
	struct endpoint psk_from;   /* end of EVENT_PSK */
	struct peer *next;          /* the next one with news */
};

#endif
