/* SPDX-License-Identifier: ISC */
#ifndef PROTO_FAULTS_H
#define PROTO_FAULTS_H

/*
 * What went wrong, remembered to explain why a tunnel does not work: counters and last values,
 * of bounded size whatever strangers do. Zeroed structs remember nothing. Times are
 * CLOCK_BOOTTIME ns; 0: never. Nothing here decides anything.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/endpoint.h"
#include "base/ip.h"
#include "base/key.h"
#include "proto/wire.h"

enum { FAULTS_ERRORS = 4, FAULTS_STRANGERS = 8 };

struct peer;
struct tunnel;

/* Datagrams that did not leave, by errno. */
struct faults_send {
	int err;
	uint64_t count, at;
};

/* What the network said about a datagram of ours (ICMP or ICMPv6). */
struct faults_icmp {
	struct endpoint to; /* where that datagram went */
	struct ip from;     /* its sender; family 0: this host itself */
	uint8_t type, code;
	int err; /* as translated by the kernel */
	uint64_t count, at;
};

/* With one peer. */
struct faults {
	struct faults_send send[FAULTS_ERRORS]; /* the latest errnos */
	struct faults_icmp icmp;                /* the last; count: of all */
	uint64_t psk_at;                        /* its last FATE_PSK */
	/* initiations older than an earlier one, since the last handshake, without copies... */
	uint64_t timestamps, timestamp_at;
	uint8_t timestamp[TIMESTAMP_LEN]; /* ...the timestamp of the last of them */
	struct endpoint timestamp_from;
	uint64_t cookies, cookie_at; /* received instead of an answer */
	uint64_t source_at;          /* its last FATE_SOURCE */
	uint64_t no_endpoint_at;     /* its last FATE_NO_ENDPOINT */
	/* responses since the last session that it took up, when the first of them left... */
	uint64_t unconfirmed, unconfirmed_since;
	struct endpoint unconfirmed_to; /* ...and where the last one went */
	/* packets for one host since the last that came in, those of them that want an answer... */
	uint64_t unreturned, unanswered;
	uint64_t unreturned_since; /* ...and when the first of them left */
	/* how often it returned to an earlier address, in this minute and the last one */
	struct endpoint former;
	uint32_t flips, flips_before;
	uint64_t flips_since;
};

/* A stranger: a key that is not configured. */
struct faults_stranger {
	struct key key;
	struct endpoint from;
	uint64_t count, at;
	uint64_t news_at; /* when it was last news */
};

/* With no peer in particular. */
struct faults_tunnel {
	struct faults_stranger stranger[FAULTS_STRANGERS]; /* the oldest makes room */
	uint64_t mac_at;                                   /* the last FATE_MAC... */
	struct endpoint mac_from;
	uint64_t no_peer_at; /* ...and FATE_NO_PEER, of packets for one host */
	struct ip no_peer_to;
	bool own_key;                  /* a peer with our own key was requested, and left out */
	uint64_t icmp, icmp_unmatched; /* all; and those about datagrams to no known peer */
	uint64_t walk_since;           /* the search for the peer is bounded per second */
	uint32_t walked;
};

/* Transient errors that say nothing about the path: no buffer space at the moment. */
bool faults_passes(int err);
/* A datagram for the peer was refused. */
void faults_refused(struct faults *t, int err, uint64_t now);
/* A packet leaves for the peer; one came in. */
void faults_sent(struct faults *t, const uint8_t *data, size_t len, uint64_t now);
void faults_returned(struct faults *t);
/*
 * It sent from an address that it must not use. What hosts send automatically, from link-local
 * addresses, never hides another one.
 */
void faults_source(struct peer *p, const struct ip *from, uint64_t now);
/* It moved from there. */
void faults_moved(struct faults *t, const struct endpoint *from, const struct endpoint *to,
		  uint64_t now);
/* Moves back and forth within the last minute or two. */
uint32_t faults_flips(const struct faults *t, uint64_t now);
/* true: it is news, because it is new, or was last news an hour ago. */
bool faults_stranger(struct faults_tunnel *t, const struct key *key, const struct endpoint *from,
		     uint64_t now);
/* An initiation that is not newer than an earlier one. true: it is news; a copy is not. */
bool faults_timestamp(struct peer *p, const uint8_t timestamp[TIMESTAMP_LEN],
		      const struct endpoint *from, uint64_t now);
/* A response that does not decrypt. true: the first since the last handshake. */
bool faults_psk(struct peer *p, uint64_t now);
/* A packet for an address that no peer has. Multicast and broadcast do not count. */
void faults_no_peer(struct faults_tunnel *t, const struct ip *to, uint64_t now);
/* The network reported something: count and at are filled in here. */
void faults_told(struct tunnel *t, const struct faults_icmp *icmp, uint64_t now);

#endif
