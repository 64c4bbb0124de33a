/* SPDX-License-Identifier: ISC */
#ifndef BASE_PREFIX_H
#define BASE_PREFIX_H

/* A network: an address and how many of its bits count. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"

/* An address and the number of its leading bits that matter. */
struct prefix {
	struct ip ip;
	uint8_t bits; /* 0..32 or 0..128 */
};

enum { PREFIX_TEXT = IP_TEXT + 4 }; /* an address, "/128" and NUL */

/*
 * "address/bits" or "address" (all bits).  Host bits are kept: prefix_mask()
 * clears them.  false leaves *p untouched.
 */
bool prefix_parse(struct prefix *p, const char *text, size_t len);
void prefix_print(char text[PREFIX_TEXT], const struct prefix *p);
void prefix_mask(struct prefix *p);
bool prefix_is_masked(const struct prefix *p);
bool prefix_equal(const struct prefix *a, const struct prefix *b);
bool prefix_contains(const struct prefix *p, const struct ip *ip);

#endif
