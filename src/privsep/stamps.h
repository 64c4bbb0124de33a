/* SPDX-License-Identifier: ISC */
#ifndef PRIVSEP_STAMPS_H
#define PRIVSEP_STAMPS_H

/*
 * The stamps (TAI64N) that our initiations must exceed, per peer, as bytes: so they cross the
 * border, in a blob, and so they lie in the monitor's file (monitor/stampfile.h), that a clock
 * which went back over a restart does not make us deaf to our peers.
 *
 * 16 bytes "taut stamps 1\n" and zeros; 44 bytes for each peer, its public key and the stamp;
 * 8 bytes of checksum (FNV-1a, big endian) of all before.  There is no secret in it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/key.h"
#include "base/print.h"

enum {
	STAMPS_AT = 12,        /* bytes of a stamp */
	STAMPS_MOST = 1 << 20, /* peers */
	STAMPS_LEAD_S = 2,     /* how much further than what was sent they are at least */
};

/* Bytes without padding, as they lie there. */
struct stamp {
	struct key peer;
	uint8_t at[STAMPS_AT];
};

/*
 * Write them: begin, add each, end.  What is no time is left out.  As with all that is printed,
 * out->failed tells in the end.
 */
void stamps_begin(struct print *out);
void stamps_add(struct print *out, const struct key *peer, const uint8_t at[STAMPS_AT]);
void stamps_end(struct print *out);

/*
 * How many there are in these bytes; -EINVAL: they are none of ours, of another version, cut
 * off or damaged, or a stamp is none.
 */
int stamps_count(const void *bytes, size_t len);
/* The one with this number, below that count. */
struct stamp stamps_get(const void *bytes, unsigned i);
/*
 * Add STAMPS_LEAD_S to each that the clock (CLOCK_REALTIME, ns) has not passed; len is that of
 * counted ones.  false: there is none.
 */
bool stamps_lead(void *bytes, size_t len, uint64_t wall);

#endif
