/* SPDX-License-Identifier: ISC */
#include "names/reply.h"

#include <string.h>
#include <strings.h>

enum { ALIASES_MAX = 16 };

static const char *reason(int status)
{
	switch (status) {
	case ARES_ENOTFOUND:
		return "name does not exist";
	case ARES_SUCCESS:
	case ARES_ENODATA:
		return "name has no address";
	case ARES_ETIMEOUT:
		return "no answer from the name servers";
	case ARES_ECONNREFUSED:
		return "cannot reach the name servers";
	case ARES_ESERVFAIL:
		return "name server failed";
	case ARES_EREFUSED:
		return "name server refused to answer";
	default:
		return ares_strerror(status);
	}
}

static unsigned collect(struct endpoint ends[REPLY_ENDS], const struct ares_addrinfo *info,
			uint16_t port)
{
	const struct ares_addrinfo_node *node;
	unsigned n = 0;

	for (node = info ? info->nodes : NULL; node; node = node->ai_next) {
		struct endpoint e = { 0 };

		if (node->ai_family == AF_INET && node->ai_addrlen >= sizeof(e.remote.v4)) {
			memcpy(&e.remote.v4, node->ai_addr, sizeof(e.remote.v4));
			e.remote.v4.sin_port = htons(port);
		} else if (node->ai_family == AF_INET6 && node->ai_addrlen >= sizeof(e.remote.v6)) {
			memcpy(&e.remote.v6, node->ai_addr, sizeof(e.remote.v6));
			e.remote.v6.sin6_port = htons(port);
		}
		/* What somebody blocks often gets 0.0.0.0. */
		if (endpoint_answerable(&e))
			n = endpoint_append(ends, n, REPLY_ENDS, &e);
	}
	return n;
}

static bool is_alias_of(const struct ares_addrinfo *info, const char *alias)
{
	const struct ares_addrinfo_cname *c = info->cnames;

	if (info->name && strcasecmp(info->name, alias) == 0)
		return true;
	while (c && strcasecmp(c->name, alias) != 0)
		c = c->next;
	return c;
}

/* c-ares takes any alias for one of the name.  Answers for both families are in one list. */
static const char *objection(const struct ares_addrinfo *info)
{
	unsigned n = 0;

	for (const struct ares_addrinfo_cname *c = info->cnames; c; c = c->next) {
		if (++n > 2 * ALIASES_MAX)
			return "too many aliases";
		if (!is_alias_of(info, c->alias))
			return "the answer is about another name";
	}
	return NULL;
}

unsigned reply_read(struct endpoint ends[REPLY_ENDS], int status, const struct ares_addrinfo *info,
		    uint16_t port, const char **why)
{
	*why = reason(status);
	if (status != ARES_SUCCESS || !info)
		return 0;
	if (objection(info)) {
		*why = objection(info);
		return 0;
	}
	return collect(ends, info, port);
}
