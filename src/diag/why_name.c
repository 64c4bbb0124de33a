/* SPDX-License-Identifier: ISC */
/* Why the name of a peer has no address. */
#include "diag/why_rules.h"

/* What leads past the tunnel finds none of these servers. */
static void name_loop(const struct why_look *l)
{
	const struct state_context *a = &l->around->around;
	struct verdict *v = why_begin(l, WHY_NAME_LOOP, WHY_LIKELY, true, 0);

	why_what(v,
		 "the name servers that are asked for %s are behind the tunnel that waits for it",
		 a->host);
	why_because(v,
		    "The routes to all of them lead into %s: %s. They were asked past it as well: "
		    "%s.",
		    l->about->name, l->around->servers, a->why);
	why_here(v, "put the address of the peer into Endpoint, in place of %s", a->host);
	why_here(v,
		 "or name a server in /etc/resolv.conf that is in none of the AllowedIPs, then: "
		 "taut reload %s",
		 l->about->name);
}

bool why_name(const struct why_look *l)
{
	const struct state_context *a = &l->around->around;
	struct verdict *v;

	if (l->around->state.word != STATE_RESOLVING || !a->host)
		return false;
	if (!a->why)
		return why_early_name(l);
	if (l->around->servers_inside) {
		name_loop(l);
		return true;
	}
	v = why_begin(l, WHY_NAME, WHY_SURE, true, 0);
	why_what(v, "the name %s has no address yet", a->host);
	why_because(v, "The resolver reports: %s. It is asked again within %u s%s%s.", a->why,
		    a->retry_seconds, l->around->servers ? "; it asks " : "",
		    l->around->servers ? l->around->servers : "");
	why_here(v, "getent ahosts %s", a->host);
	return true;
}
