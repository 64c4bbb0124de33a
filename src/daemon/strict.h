/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_STRICT_H
#define DAEMON_STRICT_H

/*
 * Under a default route the datagrams of peers carry no mark when they come in, so
 * strict reverse path filtering finds that answers would leave through the tunnel,
 * and drops them without a word.
 */

#include <net/if.h>

#include "daemon/inside.h"

/* That happens to this peer, by this interface. */
bool strict_filters(struct daemon *d, const struct peer *p, char name[IF_NAMESIZE]);
/* Tell once if that will happen to this peer (NULL: to any), and what to type. */
void strict_warn(struct daemon *d, const struct peer *peer);

#endif
