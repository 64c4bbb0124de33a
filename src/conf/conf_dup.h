/* SPDX-License-Identifier: ISC */
#ifndef CONF_CONF_DUP_H
#define CONF_CONF_DUP_H

/*
 * What must not occur twice in a configuration: a peer, and a network of two peers. Each
 * repetition is reported with the line of the first. Time n log n. 0; -EINVAL: reported;
 * -ENOMEM.
 */

#include "conf/conf.h"

int conf_dup_peers(const struct conf *c, struct conf_report *r);
int conf_dup_networks(const struct conf *c, struct conf_report *r);

#endif
