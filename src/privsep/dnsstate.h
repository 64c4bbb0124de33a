/* SPDX-License-Identifier: ISC */
#ifndef PRIVSEP_DNSSTATE_H
#define PRIVSEP_DNSSTATE_H

/*
 * What has become of the name servers and domains of a file, for those who ask the worker: plain
 * values without padding, the text of MESSAGE_DNS.  Zeroed: there are none.
 */

#include <stdint.h>

struct dns_state {
	int32_t error; /* they are not set: -errno */
	char by[24];   /* "systemd-resolved", "resolvconf"; "": they are not set */
	/* Words: in force or, if they are not set, as wished.  "~.": all names. */
	char servers[256], domains[256];
	char aside[64]; /* a name server that programs ask as well, by /etc/resolv.conf; "": none */
	char outside[64]; /* one of the servers, asked past a tunnel that takes all; "": none */
	char why[256];    /* they are not set: why, in words */
};

#endif
