/* SPDX-License-Identifier: ISC */
#ifndef PAIR_VITAL_H
#define PAIR_VITAL_H

/*
 * Single addresses that this host needs outside of a tunnel, and that its routes need not show:
 * name servers, and the endpoints of peers.
 */

#include "pair/localnet.h"

/*
 * Add them to the survey. The tunnel `except`, which is about to be made anew, needs none: not
 * its endpoints, nor the name servers of its file. Takes at most 3 s: a running tunnel that
 * does not answer is named on stderr and left out. 0 or -ENOMEM.
 */
int vital_take(struct localnet *s, const char *except);

#endif
