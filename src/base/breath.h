/* SPDX-License-Identifier: ISC */
#ifndef BASE_BREATH_H
#define BASE_BREATH_H

/*
 * Packets pass in the middle of long work.  One thread moves packets and does everything else
 * for thousands of peers: it takes a breath between two of them.
 */

/* What a breath is; called often, it decides when there is need.  NULL: nothing, as at first. */
typedef void breath_fn(void *ctx);
void breath_set(breath_fn *fn, void *ctx);

/*
 * Call it in a loop over peers or lines, where a packet may come and go: sessions may begin and
 * end meanwhile, and anything about a peer may change, but peers are neither added nor removed.
 */
void breath(void);

#endif
