/* SPDX-License-Identifier: ISC */
#include "proto/replay.h"

#include "proto/limits.h"

bool replay_accept(struct replay *r, uint64_t counter)
{
	uint64_t *word, bit, n;

	if (counter >= REJECT_AFTER_MESSAGES)
		return false; /* so that the sums below cannot overflow */
	n = counter + 1;
	if (n + REPLAY_WINDOW < r->top)
		return false;
	if (n > r->top) {
		uint64_t w = (r->top >> 6) + 1, last = n >> 6;

		/* Further than once around: every word is cleared once. */
		if (last - (r->top >> 6) > REPLAY_WORDS)
			w = last - REPLAY_WORDS + 1;
		for (; w <= last; w++)
			r->bits[w % REPLAY_WORDS] = 0;
		r->top = n;
	}
	word = &r->bits[(n >> 6) % REPLAY_WORDS];
	bit = (uint64_t)1 << (n & 63);
	if (*word & bit)
		return false;
	*word |= bit;
	return true;
}
