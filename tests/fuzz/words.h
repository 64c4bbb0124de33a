/* SPDX-License-Identifier: ISC */
#ifndef FUZZ_WORDS_H
#define FUZZ_WORDS_H

/* Text that a parser nearly understands. */

#include <stddef.h>

#include "sim/prng.h"

struct words {
	char *at;
	size_t len, cap;
};

/* One of n words, chosen at random; cut off at cap. */
void words_one(struct words *w, struct prng *prng, const char *const *list, size_t n);
void words_text(struct words *w, const char *text);
/* A key as hex or base64, valid or nearly so. */
void words_hex(struct words *w, struct prng *prng);
void words_base64(struct words *w, struct prng *prng);
/* Nothing most of the time, else bytes changed, lost or doubled. */
void words_spoil(struct words *w, struct prng *prng);

#endif
