/* SPDX-License-Identifier: ISC */
#ifndef CONF_TWICE_H
#define CONF_TWICE_H

/*
 * What must not be said twice in a configuration: a peer, and a network of two
 * peers.  Each second saying is reported with the line of the first.  Time n log n.
 * 0, -EINVAL: reported; -ENOMEM.
 */

#include "conf/conf.h"

int twice_peers(const struct conf *c, struct conf_report *r);
int twice_networks(const struct conf *c, struct conf_report *r);

#endif
