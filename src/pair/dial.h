/* SPDX-License-Identifier: ISC */
#ifndef PAIR_DIAL_H
#define PAIR_DIAL_H

/* Which end dials the other, and where. */

#include "pair/localnet.h"
#include "pair/pairline.h"
#include "pair/pairopts.h"

/*
 * The port that the options ask to listen on: 51820, or the next one that neither a socket nor
 * another file in CONFDIR uses; 0: none was asked for.
 */
uint16_t dial_port(const struct pairopts *o, const char *name);
/*
 * Where this host can be dialled on that port: what --endpoint says, else the addresses of the
 * survey. EXITCODE_OK, or the exit status of an error that was reported.
 */
int dial_offer(struct pairline *line, const struct pairopts *o, const struct localnet *s,
	       uint16_t port);
/* The best of the line's endpoints for this host; NULL: none is reachable from here. */
const struct pairline_endpoint *dial_choose(const struct pairline *line);

#endif
