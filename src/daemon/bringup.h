/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_BRINGUP_H
#define DAEMON_BRINGUP_H

/* A tunnel brought up in order, and taken down in reverse. */

#include "daemon/internal.h"

/* Exit status: 0, or it has been logged what failed; then bringup_undo(). */
int bringup(struct daemon *d);
/* Whatever is up goes, with nothing left behind. hooks: the tunnel was up, its Down hooks run. */
void bringup_undo(struct daemon *d, bool hooks);

/*
 * The mark of our own datagrams, and with it the table of a default route; a free
 * one is picked once. 0 or -errno.
 */
int bringup_mark(struct daemon *d, const struct conf *c, uint32_t *mark);
/*
 * Fill a zeroed network with what the configuration wants of this host: without
 * its IPv6 part, and a line about that, where IPv6 is off. 0 or -ENOMEM.
 */
int bringup_network(struct daemon *d, const struct conf *c, uint32_t mark, struct network *wanted);
/* DNS is a convenience: without a helper there is one warning, and the tunnel works. */
void bringup_dns(struct daemon *d, const struct conf *c);
/* Why an address or a route could not be had, in one line. */
void bringup_log_network(int error, const char *what);
/* Why sockets could not be had, in one line. */
void bringup_log_port(int error, uint16_t port);

#endif
