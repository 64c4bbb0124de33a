/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_RPFILTER_H
#define DAEMON_RPFILTER_H

/*
 * Under a default route the datagrams of peers carry no mark when they come in, so
 * strict reverse path filtering finds that answers would leave through the tunnel,
 * and drops them without a word.
 */

#include <net/if.h>

#include "daemon/internal.h"

/* That happens to this peer, by this interface. */
bool rpfilter_drops(struct daemon *d, const struct peer *p, char name[IF_NAMESIZE]);
/* Tell once if that will happen to this peer (NULL: to any), and what to type. */
void rpfilter_warn(struct daemon *d, const struct peer *peer);

#endif
