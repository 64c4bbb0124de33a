/* SPDX-License-Identifier: ISC */
#ifndef PROTO_REACH_H
#define PROTO_REACH_H

/*
 * Where a peer may be: its candidates (the addresses of its name, or its literal
 * endpoint), and the place where it was found last.  Where it is thought to be now is
 * peer->endpoint, which packets point at; it comes in here as `at`.
 *
 * Two initiations without an answer to the place where the peer was last are
 * enough; then the other places follow in turn, one initiation each, round and
 * round.  A place where a session works is never left.  While the host has no network,
 * the turns mean nothing: once it has one again, they begin anew.
 *
 * Pure values, without a clock.  Of an endpoint only the remote half is kept.  A
 * zeroed struct knows no place.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/endpoint.h"

enum {
	REACH_CANDIDATES = 8,
	REACH_PATIENCE = 2, /* initiations without an answer before the next place is tried */
};

struct reach {
	struct endpoint candidate[REACH_CANDIDATES];
	struct endpoint found; /* where it was found last: a candidate or not; may be unknown */
	uint8_t n;             /* candidates */
	uint8_t asked;         /* initiations since it was found, up to REACH_PATIENCE */
	uint8_t stuck;         /* the latest of them, in a row, that did not leave this host */
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
 * An initiation is about to leave; works: a session works at the present place.
 * Returns where it goes, and all that follows it, or NULL: to the present place.
 */
const struct endpoint *reach_ask(struct reach *r, const struct endpoint *at, bool works);
/* The last initiation was in vain on this side: it does not count. */
void reach_unasked(struct reach *r);
void reach_left(struct reach *r);  /* a datagram to the peer left this host */
void reach_stuck(struct reach *r); /* an initiation could not */
/*
 * The network changed.  If initiations to all places got stuck before, returns where to
 * look from now on: at home, asked anew.  NULL: where it is.
 */
const struct endpoint *reach_again(struct reach *r, const struct endpoint *at);
/*
 * The place that does not change while others are tried: where the peer was found last; if
 * nowhere yet, its best candidate; without any, at.
 */
const struct endpoint *reach_home(const struct reach *r, const struct endpoint *at);

#endif
