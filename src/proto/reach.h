/* SPDX-License-Identifier: ISC */
#ifndef PROTO_REACH_H
#define PROTO_REACH_H

/*
 * Where a peer may be: its candidates (the addresses of its name, or its literal
 * endpoint), and the place that it roamed to.  Where it is thought to be now is
 * peer->endpoint, which packets point at; it comes in here as `at`.
 *
 * Two initiations without an answer to the place where the peer was last are
 * enough; then the other places follow in turn, one initiation each, round and
 * round.  A place where a session works is never left.
 *
 * Pure values; times are CLOCK_BOOTTIME ns.  A zeroed struct knows no place.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/endpoint.h"

enum {
	REACH_CANDIDATES = 8,
	REACH_PATIENCE = 2, /* initiations without an answer before the next place is tried */
};

struct reach_place {
	struct endpoint end; /* only its remote half; unknown: no place */
	uint16_t mtu;        /* of the path to it; 0: unknown */
};

struct reach {
	struct reach_place candidate[REACH_CANDIDATES];
	struct reach_place roamed; /* where it was heard last, if that is no candidate */
	uint8_t n;                 /* candidates */
	uint8_t asked;             /* initiations since it was heard, up to REACH_PATIENCE */
	uint64_t asked_at;         /* when the last of them left; 0: never */
};

/*
 * These are the candidates from now on, best first; those beyond REACH_CANDIDATES
 * are left out.  works: a session works at the present place, which then stays a
 * place.  Returns where to look for the peer from now on; NULL: where it is.  A
 * peer that does not work leaves a place that is gone from the list, and one that
 * it roamed to if the list has a new one.
 */
const struct endpoint *reach_set(struct reach *r, const struct endpoint *ends, unsigned n,
				 const struct endpoint *at, bool works);
/* It is there: heard from there, or somebody says so who knows. */
void reach_found(struct reach *r, const struct endpoint *at);
/*
 * An initiation is about to leave; heard_at: the last authentic message of the
 * peer.  Returns where it goes, and all that follows it, or NULL: to the present
 * place.
 */
const struct endpoint *reach_ask(struct reach *r, const struct endpoint *at, uint64_t heard_at,
				 uint64_t now);

#endif
