/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_NAMESERVERS_H
#define DAEMON_NAMESERVERS_H

/*
 * A resolv.conf that was replaced by another file is out of reach in the jail: the resolver
 * gets it from the monitor.
 */

struct daemon;

void nameservers_start(struct daemon *d);

#endif
