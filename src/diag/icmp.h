/* SPDX-License-Identifier: ISC */
#ifndef DIAG_ICMP_H
#define DIAG_ICMP_H

/* What an ICMP message about one of our datagrams means. Pure. */

#include "proto/faults.h"

enum icmp_kind {
	ICMP_KIND_OTHER,
	ICMP_KIND_PORT,     /* the host is up, but nothing listens on that port */
	ICMP_KIND_FILTERED, /* rejected by a packet filter */
	ICMP_KIND_NO_WAY,   /* a router has no route, or the host is down */
};

enum { ICMP_TEXT = 48 };

enum icmp_kind icmp_kind(const struct faults_icmp *icmp);
/* "port unreachable", "type 3 code 12" */
void icmp_print(char text[ICMP_TEXT], const struct faults_icmp *icmp);

#endif
