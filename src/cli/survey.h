/* SPDX-License-Identifier: ISC */
#ifndef CLI_SURVEY_H
#define CLI_SURVEY_H

/* What this host has already: inner addresses must not collide, outer ones may be dialled. */

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"

struct survey {
	struct prefix *used; /* of local addresses, and of routes but the very wide ones */
	size_t n_used;
	struct ip *outer; /* where others may reach us, the most promising first */
	size_t n_outer;
};

/*
 * Look at the addresses and the main routing tables of this network namespace.
 * What belongs to the interface `except` is left out, for it is about to be made
 * anew.  0 or -ENOMEM, -errno of getifaddrs().
 */
int survey_take(struct survey *s, const char *except);
void survey_free(struct survey *s);
/* The used prefix that shares addresses with p; NULL: it is free. */
const struct prefix *survey_overlap(const struct survey *s, const struct prefix *p);
/* Nobody outside of a site can reach it: private, shared, or unique local. */
bool survey_is_private(const struct ip *ip);
/* So it is with all of its addresses. */
bool survey_is_private_net(const struct prefix *p);
/* There is a way to it from here, and not only to ourselves. */
bool survey_reaches(const struct ip *ip);
/* Nobody has the port, of either family. */
bool survey_port_is_free(uint16_t port);

#endif
