/* SPDX-License-Identifier: ISC */
#ifndef CONF_VALUE_H
#define CONF_VALUE_H

/*
 * What follows a '=' in a configuration file, and its readers. A reader returns false once it
 * has reported an error, with the column of the offending part; its output is then untouched.
 */

#include "conf/conf.h"
#include "conf/diag_line.h"
#include "conf/line.h"

struct value {
	const char *key;  /* as the manual writes it */
	struct text text; /* squeezed: part of line->chars */
	struct text raw;  /* as written, trimmed; for commands and file names */
	const struct line *line;
	const char *file;
	struct conf_report *report;
};

/* Report with the place of at, a character of the squeezed text. value_error() is always false. */
bool value_error(const struct value *v, const char *at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void value_warning(const struct value *v, const char *at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

bool value_key(const struct value *v, struct key *key);
bool value_port(const struct value *v, uint16_t *port);
bool value_mtu(const struct value *v, uint32_t *mtu);
/* off, decimal, or 0x and hexadecimal. */
bool value_mark(const struct value *v, uint32_t *mark);
/* off or seconds. */
bool value_keepalive(const struct value *v, uint16_t *seconds);
/* off, auto, a number, or one of the names that every system has. */
bool value_table(const struct value *v, enum conf_table_kind *kind, uint32_t *table);
/* A word that aeadname_find() knows. */
bool value_aead(const struct value *v, const char **name);
bool value_bool(const struct value *v, bool *yes);

/* Take the next item of a comma-separated list; empty ones are reported and skipped. */
bool value_item(const struct value *v, struct text *rest, struct text *item);
/* As wg-quick splits its own lists: white space separates too, and empty entries are ignored. */
bool value_loose_item(const struct value *v, struct text *rest, struct text *item);

/* A prefix; also, as ip(8) takes it, with a netmask. */
bool value_address(const struct value *v, struct text item, struct prefix *prefix);
bool value_prefix(const struct value *v, struct text item, struct prefix *prefix);
/* server.family 0: item is a domain to search. */
bool value_dns(const struct value *v, struct text item, struct ip *server);
/* Numeric: *end is known. Else *host (part of v->text) and *port. */
bool value_endpoint(const struct value *v, struct endpoint *end, struct text *host, uint16_t *port);

#endif
