/* SPDX-License-Identifier: ISC */
#ifndef PROTO_PEER_H
#define PROTO_PEER_H

/*
 * One peer: who it is, where it is, its keys, timers, waiting packets, counters.
 * Made and removed through proto/admin.h; other rooms read its fields, which
 * change only inside calls of admin.h and tunnel.h.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/batch.h"
#include "base/endpoint.h"
#include "base/ip.h"
#include "base/key.h"
#include "proto/allowed.h"
#include "proto/cookie.h"
#include "proto/faults.h"
#include "proto/keyring.h"
#include "proto/noise.h"
#include "proto/reach.h"
#include "proto/staged.h"
#include "proto/timers.h"

/* Length of a peer's name, with its NUL. */
enum { PEER_NAME = 64 };

struct name;

/* What the shell remembers about a peer. The core does not touch it; zeroed: nothing yet. */
struct peer_note {
	char name[PEER_NAME]; /* for people; "": none */
	uint64_t since;       /* since when it has its state, mono ns */
	uint64_t lines_since; /* start of the period of log lines about it... */
	uint32_t lines, held; /* ...how many in it, and how many held back */
	uint64_t given_up;    /* when it was last reported dead; 0: it was heard since */
	struct ip path_to;    /* the address of path_mtu; family 0: not looked up yet */
	uint32_t path_mtu;    /* 0: no route, or one that stays on this host */
	struct name *named;   /* its endpoint (names/names.h); NULL: that is no name */
	uint8_t word;         /* its state, plus one */
	bool doubted;         /* reported as not answering, and not heard since */
	uint8_t stamp[12];    /* what the next process has to exceed; 0: nothing is known */
};

struct peer {
	/* identity */
	struct key public_key;
	struct noise_remote *noise;    /* secrets: preshared key, cached DH; in the vault */
	struct noise_pending *pending; /* our initiation in flight; in the vault */
	/* where */
	struct endpoint endpoint;    /* where it is thought to be: packets point here */
	struct reach reach;          /* where else it may be */
	struct allowed_list allowed; /* its prefixes, in the order they were given */
	/* keys */
	struct keyring keyring;
	uint8_t latest_timestamp[12]; /* of the last initiation accepted from it */
	uint8_t sent_timestamp[12];   /* of the last one sent to it */
	uint64_t consumed_at;         /* when that initiation was accepted; 0: never */
	uint64_t handshake_from;      /* no initiation to it leaves before */
	struct cookie_maker cookie;
	/* time */
	struct timers timers;
	/* packets */
	struct staged staged;
	bool flush_keepalive; /* when served: send a keepalive if nothing waits */
	/* tables */
	struct peer *hash_next;
	struct peer *next, *prev; /* in the order they were added */
	struct peer *work_next;   /* tunnel's list of peers with work to do */
	bool working;
	/* what happened */
	uint64_t rx_bytes, tx_bytes; /* UDP payload of authentic messages, handshakes included */
	uint64_t rx_packets, tx_packets; /* data packets with content */
	uint64_t handshake_wall; /* CLOCK_REALTIME ns of the last completed handshake; 0: never */
	uint64_t handshake_at;   /* the same by CLOCK_BOOTTIME */
	uint64_t heard_at, sent_at; /* last authentic message in, last message out; 0: never */
	uint64_t handshakes;        /* completed */
	uint64_t initiations_sent, initiations_received, responses_sent;
	/*
	 * errno of the last refused datagram; 0 after one that left. Transient errors do not
	 * count.
	 */
	int send_error;
	struct ip refused_source;        /* inner source of a FATE_SOURCE, at trouble.source_at */
	uint64_t session_rx, session_tx; /* rx_packets and tx_packets when the session began */
	struct faults faults;
	uint64_t count[FATE_COUNT]; /* drops of this peer's packets, by reason */
	struct peer_note note;
};

#endif
