/* SPDX-License-Identifier: ISC */
#ifndef HOST_ASKED_H
#define HOST_ASKED_H

/*
 * Which name servers the programs of this host ask: those of /etc/resolv.conf, or systemd-resolved
 * past that file.
 */

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf.h"

enum { ASKED_TEXT = 64 };

/*
 * Most ask systemd-resolved: its stub is in resolv.conf, or it runs and nsswitch.conf has libc
 * ask it (nss-resolve).
 */
bool asked_resolved(void);
/* A program on this host. */
bool asked_here(const struct ip *ip);
/*
 * The first in resolv.conf that is neither on this host nor among these entries of DNS, in words.
 * false: there is none, or the file cannot be read.
 */
bool asked_besides(char server[ASKED_TEXT], const struct conf_dns *dns, size_t n);

#endif
