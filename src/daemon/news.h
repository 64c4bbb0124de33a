/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_NEWS_H
#define DAEMON_NEWS_H

/* What the kernel tells of our link and of the network around, and what follows from it. */

#include "daemon/inside.h"

/* The watch is readable. */
void news_read(struct daemon *d);
/* Believe this state of our link: up, down, MTU. fell: it went down since we last looked. */
void news_link(struct daemon *d, const struct link_info *info, bool fell);
/* The ways to the peers may have changed; at most once a second is acted on. */
void news_network(struct daemon *d);
/* USR2: somebody knows that the network changed: ask for names and start handshakes at once. */
void news_kick(struct daemon *d);
/* Choose the MTU anew, unless the configuration or an admin set it. 0 or -errno. */
int news_mtu(struct daemon *d);

void news_start(struct daemon *d);
void news_stop(struct daemon *d);

#endif
