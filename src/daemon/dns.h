/* SPDX-License-Identifier: ISC */
#ifndef DAEMON_DNS_H
#define DAEMON_DNS_H

/*
 * Tell the system's resolver which name servers and search domains a tunnel
 * brings: by resolvectl (systemd-resolved), else by resolvconf.  Both are started
 * with a fixed argv, never through a shell.
 */

#include <stddef.h>

#include "conf/conf.h"

/* Who was told, so that the same one is told again at the end. */
enum dns_helper { DNS_NONE, DNS_RESOLVECTL, DNS_RESOLVCONF };

/* 0; -ENOENT: neither program is here; -EIO: one is, and refused; -E2BIG; -ENOMEM. */
int dns_add(const char *name, const struct conf_dns *dns, size_t n, enum dns_helper *helper);
int dns_del(const char *name, enum dns_helper helper);

#endif
