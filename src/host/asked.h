/* SPDX-License-Identifier: ISC */
#ifndef HOST_ASKED_H
#define HOST_ASKED_H

/* Which name servers the programs of this host ask: those of /etc/resolv.conf. */

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf.h"

enum { ASKED_TEXT = 64 };

/* The stub of systemd-resolved is one of them. */
bool asked_stub(void);
/*
 * The first of them that is neither on this host nor among these entries of DNS, as it stands
 * there.  false: there is none, or the file cannot be read.
 */
bool asked_besides(char server[ASKED_TEXT], const struct conf_dns *dns, size_t n);

#endif
