/* SPDX-License-Identifier: ISC */
#ifndef CONF_CONF_DUP_H
#define CONF_CONF_DUP_H

/*
 * What must not occur twice in a configuration: a peer, and a network of two peers. Each
 * repetition is reported with the line of the first. Time n log n. 0; -EINVAL: reported;
 * -ENOMEM.
 */

#include "conf/conf.h"

/* One peer, or one network of a peer. */
struct conf_claim {
	const struct conf_peer *peer;
	const struct conf_allowed *allowed; /* NULL: the peer itself */
	struct prefix network;              /* masked */
	size_t first, last; /* of the claims to the same, in the order of the file */
};

/*
 * All claims in that order, as an array of *n that the caller frees; NULL if there is nothing to
 * compare. 0 or -ENOMEM.
 */
int conf_dup_peer_claims(const struct conf *c, struct conf_claim **claim, size_t *n);
int conf_dup_network_claims(const struct conf *c, struct conf_claim **claim, size_t *n);

int conf_dup_peers(const struct conf *c, struct conf_report *r);
int conf_dup_networks(const struct conf *c, struct conf_report *r);

#endif
