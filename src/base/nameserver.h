/* SPDX-License-Identifier: ISC */
#ifndef BASE_NAMESERVER_H
#define BASE_NAMESERVER_H

/* The name servers that a resolv.conf lists, as far as they are well-formed. */

#include <net/if.h>
#include <stdbool.h>

#include "base/ip.h"
#include "base/print.h"
#include "base/text.h"

struct nameserver {
	struct ip ip;
	char interface[IF_NAMESIZE]; /* of a link-local one: its name, or its number; else "" */
};

/* Whether this line names a server, well-formed or not. */
bool nameserver_is_line(struct text line);
/* The next server in this text, from which all up to its line is taken; false: no more. */
bool nameserver_next(struct text *conf, struct nameserver *server);
bool nameserver_equal(const struct nameserver *a, const struct nameserver *b);
/* As such a line. */
void nameserver_print(struct print *out, const struct nameserver *server);

#endif
