/* SPDX-License-Identifier: ISC */
#ifndef UNIT_FORCED_H
#define UNIT_FORCED_H

/*
 * aead_init() for tests that seal packets: with the backend that TAUT_TEST_AEAD names,
 * so that aead_forced.sh can run them again with each.  Ends with 77, skipped, where
 * that one does not work.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "crypto/aead.h"

static inline int forced_aead(void)
{
	const char *name = getenv("TAUT_TEST_AEAD");
	int r = aead_init(name);

	if (r == -ENOENT) {
		fprintf(stderr, "SKIP: %s: %s\n", name, aead_lacks(name));
		exit(77);
	}
	return r;
}

#endif
