/* SPDX-License-Identifier: ISC */
#ifndef FUZZ_JUDGE_H
#define FUZZ_JUDGE_H

/* Properties that must hold for all packets.  NULL, or a sentence about a violation. */

#include "base/batch.h"
#include "io/vnet.h"

enum { JUDGE_BATCH = 1 << 20 };

/*
 * Cut up what a device gave, at most `most` segments at a time into batches of at
 * most `cap`: it must be what naive_segment() says, and lie so that sealed ones touch.
 */
const char *judge_split(const struct csum *csum, const uint8_t *data, size_t len, size_t l2len,
			uint32_t most, uint32_t cap);

/*
 * Join the packets of a batch: cutting the writes up again must give all packets back,
 * each once, equal (naive_same), those of a flow in their order; and the batch itself
 * must not have changed.  *writes gets the number of writes.
 */
const char *judge_merge(const struct csum *csum, const struct batch *b, unsigned joins,
			uint32_t *writes);

#endif
