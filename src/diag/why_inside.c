/* SPDX-License-Identifier: ISC */
/* What may be wrong with a peer although its session works: inner packets, and identity. */
#include <stdio.h>

#include "diag/label.h"
#include "diag/why_rules.h"

enum {
	RECENT_S = 180,
	FEW = 3,       /* packets, and seconds: no answer has ever come */
	MANY = 10,     /* the same, where answers came before */
	MANY_FLIPS = 4 /* within a minute or two: nobody moves that often */
};

static const struct peer *owner_of(const struct why_look *l, const struct ip *ip)
{
	return ip->family == AF_INET ? allowed_find4(&l->t->allowed, ip->bytes)
				     : allowed_find6(&l->t->allowed, ip->bytes);
}

/* Every host does this, to find routers and to join groups; it matters to routing daemons only. */
static bool source_of_link(const struct why_look *l, const char *ip)
{
	const struct peer *p = l->p;
	struct verdict *v;

	v = why_begin(l, WHY_SOURCE, WHY_HINT, false, p->faults.source_at);
	why_what(v, "the peer sends from %s, a link-local address that is not in its AllowedIPs",
		 ip);
	why_because(v, "Hosts send from such addresses on their own, to find routers and to join "
		       "groups. These packets are dropped, which does no harm; only routing "
		       "daemons (babel, OSPFv3) need them.");
	why_here(v, "only for routing daemons: add fe80::/64 and ff02::/16 to its AllowedIPs");
	return true;
}

static bool source(const struct why_look *l)
{
	const struct peer *p = l->p, *owner;
	char ip[IP_TEXT], label[LABEL_WHOLE];
	struct verdict *v;

	if (!why_within(l, p->faults.source_at, RECENT_S))
		return false;
	ip_print(ip, &p->refused_source);
	if (ip_is_link_local(&p->refused_source))
		return source_of_link(l, ip);
	owner = owner_of(l, &p->refused_source);
	v = why_begin(l, WHY_SOURCE, WHY_SURE, true, p->faults.source_at);
	why_what(v, "the peer sends from %s, which is not in its AllowedIPs", ip);
	if (owner && owner != p) {
		label_whole(label, owner);
		why_because(v,
			    "Its packets arrive and decrypt, but %lu were dropped because of their "
			    "source; that address belongs to the peer %s.",
			    (unsigned long)p->count[FATE_SOURCE], label);
	} else {
		why_because(v,
			    "Its packets arrive and decrypt, but %lu were dropped because of their "
			    "source, the last %lu s ago.",
			    (unsigned long)p->count[FATE_SOURCE], why_ago(l, p->faults.source_at));
	}
	why_here(v, "if that is intended: add %s/%u to its AllowedIPs, then: taut reload %s", ip,
		 ip_bits(p->refused_source.family), l->about->name);
	why_there(v, "otherwise: ip address; ip route: it should send from its tunnel address");
	return true;
}

/* Answers with a wrong source do arrive. */
static bool answers_are_refused(const struct why_look *l)
{
	const struct peer *p = l->p;

	return why_within(l, p->faults.source_at, RECENT_S) &&
	       !ip_is_link_local(&p->refused_source);
}

static bool no_return(const struct why_look *l)
{
	const struct faults *t = &l->p->faults;
	unsigned enough = l->p->rx_packets ? MANY : FEW;
	uint64_t since = t->unreturned_since;
	bool wanted = t->unanswered >= enough;
	struct verdict *v;

	if (l->around->state.word != STATE_UP || answers_are_refused(l))
		return false;
	if (t->unreturned < enough || !since || why_within(l, since, enough))
		return false;
	v = why_begin(l, WHY_NO_RETURN, wanted ? WHY_LIKELY : WHY_HINT, wanted, l->p->sent_at);
	why_what(v, "our packets arrive, but no packet comes back");
	why_because(v,
		    "The session works. We have sent %lu packets to the peer in the last %lu s, "
		    "%lu of which expect an answer (TCP, ping), and received none.%s It has no "
		    "route back, drops our packets because their source is not in its AllowedIPs "
		    "for us, or does not forward.",
		    (unsigned long)t->unreturned, why_ago(l, since), (unsigned long)t->unanswered,
		    wanted ? ""
			   : " This may be intended: some traffic needs no answer. If it is "
			     "not:");
	why_there(v, "taut why NAME: E-SOURCE there names the address it drops");
	why_there(v, "ip route get OUR-TUNNEL-ADDRESS: it must lead into its tunnel");
	why_there(v, "sysctl net.ipv4.ip_forward; nft list ruleset: does it forward our packets?");
	why_here(v, "ip address show %s: is that the address the other host expects?",
		 l->about->name);
	return true;
}

static bool two_places(const struct why_look *l)
{
	uint32_t flips = faults_flips(&l->p->faults, l->about->mono);
	char former[ENDPOINT_TEXT];
	struct verdict *v;

	if (flips < MANY_FLIPS)
		return false;
	endpoint_print(former, &l->p->faults.former);
	v = why_begin(l, WHY_TWO_PLACES, WHY_LIKELY, true, 0);
	why_what(v, "the peer jumps between %s and %s", l->end, former);
	why_because(v,
		    "Authentic packets come from both in turn (%u times back within two minutes): "
		    "two hosts use the same private key, or one host sends over two paths.",
		    flips);
	why_there(v, "if there are two hosts: give each its own private key: taut genkey");
	return true;
}

why_rule_fn *const why_inside[] = { source, no_return, two_places, NULL };
