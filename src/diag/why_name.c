/* SPDX-License-Identifier: ISC */
/* Why the name of a peer has no address. */
#include <string.h>

#include "diag/why_rules.h"

static bool has_no_address(const struct why_look *l)
{
	return l->around->state.word == STATE_RESOLVING && l->around->around.host;
}

/* The servers may well answer; this host does not hear it. */
static bool strict(const struct why_look *l)
{
	const char *dev = l->around->servers_strict;
	struct verdict *v;

	if (!*dev)
		return false;
	v = why_begin(l, WHY_RP_FILTER, WHY_LIKELY, true, 0);
	why_what(v, "this host drops the answers of name servers for %s: strict rp_filter on %s",
		 l->around->around.host, dev);
	why_because(v,
		    "The routes to them lead into %s, which waits for that name, so they are asked "
		    "past it: %s. Answers that arrive on %s would be sent back another way, so "
		    "net.ipv4.conf.%s.rp_filter = 1 (or the setting for all) silently drops them.",
		    l->about->name, l->around->servers, dev, dev);
	why_here(v, "sysctl net.ipv4.conf.%s.rp_filter=2", dev);
	return true;
}

/* What leads past the tunnel finds none of these servers. */
static bool loop(const struct why_look *l)
{
	const struct state_context *a = &l->around->around;
	int error = l->around->servers_error;
	struct verdict *v;

	if (!l->around->servers_inside)
		return false;
	v = why_begin(l, WHY_NAME_LOOP, WHY_LIKELY, true, 0);
	why_what(v,
		 "the name servers that are asked for %s are behind the tunnel that waits for it",
		 a->host);
	why_because(v, "The questions to all of them go into %s: %s. %s: %s.", l->about->name,
		    l->around->servers,
		    error ? "There is no way past it" : "Asked past it, as far as possible",
		    error ? strerror(-error) : a->why);
	why_here(v, "put the address of the peer into Endpoint, in place of %s", a->host);
	why_here(v,
		 "or name a server in /etc/resolv.conf that is neither on this host nor in the "
		 "AllowedIPs, then: taut reload %s",
		 l->about->name);
	return true;
}

bool why_name(const struct why_look *l)
{
	const struct state_context *a = &l->around->around;
	struct verdict *v;

	if (!has_no_address(l))
		return false;
	if (!a->why)
		return why_early_name(l);
	if (strict(l) || loop(l))
		return true;
	v = why_begin(l, WHY_NAME, WHY_SURE, true, 0);
	why_what(v, "the name %s has no address yet", a->host);
	why_because(v, "The resolver reports: %s. It is asked again within %u s%s%s.", a->why,
		    a->retry_seconds, l->around->servers ? "; it asks " : "",
		    l->around->servers ? l->around->servers : "");
	why_here(v, "getent ahosts %s", a->host);
	return true;
}
