/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_BRINGUP_H
#define DAEMON_BRINGUP_H

/* Bring a tunnel up in order, and take it down in reverse. */

#include "daemon/internal.h"

/* Exit status: 0, or the failure has been logged; then call bringup_undo(). */
int bringup(struct daemon *d);
/*
 * Take down whatever is up, leaving nothing behind.  Down hooks run if the tunnel was
 * up.
 */
void bringup_undo(struct daemon *d);

/*
 * The mark of our own datagrams, which is also the table of a default route; a free
 * one is chosen once and kept.  0 or -errno.
 */
int bringup_mark(struct daemon *d, const struct conf *c, uint32_t *mark);
/*
 * Fill a zeroed network with what the configuration needs on this host.  Where IPv6
 * is off, its IPv6 part is left out and that is logged.  0 or -ENOMEM.
 */
int bringup_network(struct daemon *d, const struct conf *c, uint32_t mark, struct network *wanted);
/* DNS is optional: without a helper, log one warning and carry on. */
void bringup_dns(struct daemon *d, const struct conf *c);
/* Log why an address or a route could not be added, in one line. */
void bringup_log_network(int error, const char *what);
/* Log why the sockets could not be opened, in one line. */
void bringup_log_port(int error, uint16_t port);

#endif
