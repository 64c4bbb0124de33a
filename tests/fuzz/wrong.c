/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>

#include "target.h"

void target_wrong(const char *target, const char *what)
{
	fprintf(stderr, "%s: %s\n", target, what);
	abort();
}
