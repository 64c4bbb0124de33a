/* SPDX-License-Identifier: ISC */
/*
 * Why nothing is heard from a peer.  From the nearest cause to the farthest: a host
 * that cannot send at all need not guess about the other.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "diag/icmp.h"
#include "diag/why_rules.h"
#include "proto/admin.h"

enum { RECENT_S = 300, SPAN = 48 };

/* We have sent a handshake or data, and wait for an answer. */
static bool is_asking(const struct why_look *l)
{
	switch (l->around->state.word) {
	case STATE_HANDSHAKING:
	case STATE_STALE:
	case STATE_DEAD:
		return true;
	default:
		return false;
	}
}

static bool is_up(const struct why_look *l)
{
	return l->around->state.word == STATE_UP;
}

static bool name(const struct why_look *l)
{
	const struct state_context *a = &l->around->around;
	struct verdict *v;

	if (l->around->state.word != STATE_RESOLVING || !a->host)
		return false;
	if (!a->why)
		return why_early_name(l);
	v = why_begin(l, WHY_NAME, WHY_SURE, true, 0);
	why_what(v, "the name %s has no address yet", a->host);
	why_because(v, "This host's resolver reports: %s. It is asked again within %u s.", a->why,
		    a->retry_seconds);
	why_here(v, "getent ahosts %s", a->host);
	return true;
}

static bool bad_key(const struct why_look *l)
{
	struct verdict *v;

	if (l->p->noise->shared_ok)
		return false;
	v = why_begin(l, WHY_BAD_KEY, WHY_SURE, true, 0);
	why_what(v, "%s is not a usable public key", l->theirs);
	why_because(v, "It is a point of low order: no shared secret can be derived from it.");
	why_there(v, "print its public key again: taut pubkey < FILE-OF-ITS-PRIVATE-KEY");
	return true;
}

static bool loops(const struct why_look *l)
{
	struct verdict *v;

	if (!l->around->loops || !is_asking(l))
		return false;
	v = why_begin(l, WHY_ROUTE_LOOP, WHY_SURE, true, 0);
	why_what(v, "the route to %s leads into the tunnel itself", l->end);
	why_because(v, "The route to %s goes through %s, which needs that very host to work.",
		    l->ip, l->about->name);
	why_here(v, "ip route get %s", l->ip);
	why_here(v, "remove %s from the networks that are routed into %s, or set a FwMark", l->ip,
		 l->about->name);
	return true;
}

/* --- what does not even leave --- */

static const struct faults_send *refusals(const struct why_look *l, int err)
{
	static const struct faults_send none;
	const struct faults_send *s = l->p->faults.send;

	for (; s < l->p->faults.send + FAULTS_ERRORS; s++) {
		if (s->err == err)
			return s;
	}
	return &none;
}

static void firewall(const struct why_look *l, const struct faults_send *s)
{
	struct verdict *v = why_begin(l, WHY_FIREWALL_LOCAL, WHY_SURE, true, s->at);

	why_what(v, "a firewall on this host drops what we send to %s", l->end);
	why_because(v,
		    "The kernel refuses the datagrams with EPERM (%lu so far): a rule in the "
		    "output path or a cgroup filter drops them.",
		    (unsigned long)s->count);
	why_here(v, "nft list ruleset");
	why_here(v, "iptables -S OUTPUT; ip6tables -S OUTPUT");
	why_here(v, "allow UDP to %s, port %u", l->ip, l->port);
}

static void no_route(const struct why_look *l, const struct faults_send *s)
{
	struct verdict *v = why_begin(l, WHY_NO_ROUTE, WHY_SURE, true, s->at);

	why_what(v, "this host has no route to %s", l->ip);
	if (s->err == EACCES || s->err == EINVAL)
		why_because(v,
			    "The kernel refuses the datagrams: %s (%lu so far). A prohibit or "
			    "blackhole route does that, or a broadcast address.",
			    strerror(s->err), (unsigned long)s->count);
	else
		why_because(v, "The kernel refuses the datagrams: %s (%lu so far).",
			    strerror(s->err), (unsigned long)s->count);
	why_here(v, "ip route get %s", l->ip);
	/* Of a route that says so. */
	if (s->err == EHOSTUNREACH)
		why_here(v, "ip route show table all type unreachable: does a tunnel that was "
			    "killed keep this host closed? To open it: taut down NAME");
	why_here(v, "ip link; ip address: is the network up?");
}

static void no_family(const struct why_look *l, const struct faults_send *s)
{
	bool v6 = l->p->endpoint.remote.sa.sa_family == AF_INET6;
	struct verdict *v = why_begin(l, WHY_NO_FAMILY, WHY_SURE, true, s->at);

	why_what(v, "this host has no %s, but the peer is at %s", v6 ? "IPv6" : "IPv4", l->end);
	why_because(v, "No UDP socket of that family could be opened when the tunnel came up.");
	why_here(v, "give the peer an endpoint of the other family, or enable %s and restart",
		 v6 ? "IPv6" : "IPv4");
}

static bool cannot_send(const struct why_look *l)
{
	const struct faults_send *s = refusals(l, l->p->send_error);
	struct verdict *v;

	if (!l->p->send_error || !is_asking(l))
		return false;
	switch (l->p->send_error) {
	case EPERM:
		firewall(l, s);
		return true;
	case ENETUNREACH:
	case EHOSTUNREACH:
	case ENETDOWN:
	case EACCES:
	case EINVAL:
		no_route(l, s);
		return true;
	case EAFNOSUPPORT:
		no_family(l, s);
		return true;
	}
	v = why_begin(l, WHY_SEND, WHY_SURE, true, s->at);
	why_what(v, "datagrams to %s cannot be sent: %s", l->end, strerror(l->p->send_error));
	why_because(v, "The kernel refused them (%lu times).", (unsigned long)s->count);
	why_here(v, "ip route get %s", l->ip);
	return true;
}

/* --- what the network says --- */

static void port_closed(const struct why_look *l, struct verdict *v)
{
	why_what(v, "nothing is listening on UDP port %u of %s", l->port, l->ip);
	why_there(v, "ss -lun: is UDP port %u listed? If not: taut up NAME", l->port);
	why_there(v, "taut status, or wg show: the listening port must be %u", l->port);
}

static void filtered(const struct why_look *l, const char *from, struct verdict *v)
{
	why_what(v, "%s filters what we send to %s", from, l->end);
	why_there(v, "open UDP port %u in the firewall at %s", l->port, from);
}

static void unreachable(const struct why_look *l, struct verdict *v)
{
	why_what(v, "the network cannot reach %s", l->ip);
	why_here(v, "ping %s; traceroute %s", l->ip, l->ip);
	why_there(v, "is the host switched on, and still at that address?");
}

static bool network_says(const struct why_look *l)
{
	static const enum why_code codes[] = {
		[ICMP_KIND_PORT] = WHY_PORT_CLOSED,
		[ICMP_KIND_FILTERED] = WHY_FILTERED,
		[ICMP_KIND_NO_WAY] = WHY_UNREACHABLE,
	};
	const struct faults_icmp *icmp = &l->p->faults.icmp;
	enum icmp_kind kind = icmp_kind(icmp);
	char text[ICMP_TEXT], from[IP_TEXT];
	struct verdict *v;

	if (!is_asking(l) || !icmp->at || icmp->at <= l->p->heard_at || kind == ICMP_KIND_OTHER ||
	    !endpoint_same_remote(&icmp->to, &l->p->endpoint))
		return false;
	icmp_print(text, icmp);
	ip_print(from, &icmp->from);
	v = why_begin(l, codes[kind], WHY_SURE, true, icmp->at);
	why_because(v,
		    "ICMP from %s: %s (%lu in all, the last %lu s ago), and nothing has been heard "
		    "from the peer since.",
		    from, text, (unsigned long)icmp->count, why_ago(l, icmp->at));
	if (kind == ICMP_KIND_PORT)
		port_closed(l, v);
	else if (kind == ICMP_KIND_FILTERED)
		filtered(l, from, v);
	else
		unreachable(l, v);
	return true;
}

/* --- what the other host says --- */

static bool psk(const struct why_look *l)
{
	struct verdict *v;

	if (!state_unsettled(l->p, l->p->faults.psk_at) ||
	    !why_within(l, l->p->faults.psk_at, 2 * RECENT_S))
		return false;
	v = why_begin(l, WHY_PSK_MISMATCH, WHY_LIKELY, !is_up(l), l->p->faults.psk_at);
	why_what(v, "the preshared keys differ");
	why_because(v,
		    "%s answers our handshakes, so both sides have the right public keys, but its "
		    "answers do not decrypt (%lu times); the preshared key is the only other "
		    "input.",
		    l->end, (unsigned long)l->p->count[FATE_PSK]);
	why_here(v, "set the same PresharedKey for this peer on both hosts, or on neither");
	why_there(v, "likewise, for the peer %s", l->ours);
	return true;
}

static void print_span(char text[SPAN], uint64_t seconds)
{
	unsigned long s = (unsigned long)seconds;

	if (s >= 2 * 86400)
		snprintf(text, SPAN, "%lu d %lu h", s / 86400, s % 86400 / 3600);
	else if (s >= 2 * 3600)
		snprintf(text, SPAN, "%lu h %lu min", s / 3600, s % 3600 / 60);
	else if (s >= 120)
		snprintf(text, SPAN, "%lu min %lu s", s / 60, s % 60);
	else
		snprintf(text, SPAN, "%lu s", s);
}

static bool clock_back(const struct why_look *l)
{
	const struct faults *t = &l->p->faults;
	uint64_t theirs = load_be64(t->timestamp), latest = load_be64(l->p->latest_timestamp);
	/* A single one may be a replay: it must not hide what is wrong. */
	bool again = t->timestamps > 1;
	char back[SPAN], from[ENDPOINT_TEXT];
	struct verdict *v;

	if (!state_unsettled(l->p, t->timestamp_at) || t->timestamp_at <= l->p->consumed_at ||
	    !why_within(l, t->timestamp_at, RECENT_S))
		return false;
	print_span(back, latest > theirs ? latest - theirs : 0);
	endpoint_print(from, &t->timestamp_from);
	v = why_begin(l, WHY_CLOCK, again ? WHY_LIKELY : WHY_HINT, again && !is_up(l),
		      t->timestamp_at);
	why_what(v, "the peer's clock went back by %s, or two hosts share its private key", back);
	why_because(v,
		    "Handshakes from %s carry a time older, by that much, than one seen before "
		    "(%lu of them). They are refused because they could be replays.",
		    from, (unsigned long)t->timestamps);
	why_there(v, "date; timedatectl: is the clock right?");
	why_there(v, "give each host its own private key: taut genkey");
	why_here(v, "to forget the old time, once: wg set %s peer %s remove, then: taut reload %s",
		 l->about->name, l->theirs, l->about->name);
	return again;
}

static bool one_way(const struct why_look *l)
{
	const struct faults *t = &l->p->faults;
	struct ip from = endpoint_ip(&t->unconfirmed_to);
	char ip[IP_TEXT];
	struct verdict *v;

	if (t->unconfirmed < 2 || !why_within(l, l->p->consumed_at, RECENT_S))
		return false;
	ip_print(ip, &from);
	v = why_begin(l, WHY_ONE_WAY, WHY_LIKELY, !is_up(l), l->p->consumed_at);
	why_what(v, "the peer reaches us, but our answers do not reach it");
	why_because(v,
		    "It has asked %lu times within %lu s, each time as if we had not answered. The "
		    "way back is blocked (by a firewall or NAT, or because we answer from another "
		    "address than the one it calls), or the preshared keys differ.",
		    (unsigned long)t->unconfirmed, why_ago(l, t->unconfirmed_since));
	why_there(v, "taut why NAME: E-PSK-MISMATCH there means the preshared keys");
	why_there(v, "let in UDP from port %u of this host", l->about->port);
	why_here(v, "ip route get %s: do answers leave from the address the peer calls?", ip);
	return true;
}

static bool same_ip(const struct endpoint *a, const struct endpoint *b)
{
	struct ip left = endpoint_ip(a), right = endpoint_ip(b);

	return ip_equal(&left, &right);
}

static bool mac1(const struct why_look *l)
{
	const struct faults_tunnel *t = &l->t->faults;
	struct verdict *v;

	if (is_up(l) || !state_unsettled(l->p, t->mac_at) || !why_within(l, t->mac_at, RECENT_S) ||
	    !endpoint_known(&l->p->endpoint) || !same_ip(&t->mac_from, &l->p->endpoint))
		return false;
	v = why_begin(l, WHY_MAC1, WHY_LIKELY, true, t->mac_at);
	why_what(v, "the peer has a wrong public key for us");
	why_because(v,
		    "The first checksum (mac1) of handshakes from %s was made for another key than "
		    "ours (%lu in all). Either that host has the wrong key, or this one has the "
		    "wrong private key.",
		    l->ip, (unsigned long)l->t->count[FATE_MAC]);
	why_there(v, "the PublicKey of this peer must be: %s", l->ours);
	why_here(v, "is the PrivateKey the right one? Its public key is the line above");
	return true;
}

/* Silence that this host causes itself. */
static bool rp_filter(const struct why_look *l)
{
	const char *dev = l->around->strict;
	struct verdict *v;

	if (!is_asking(l) || !*dev)
		return false;
	v = why_begin(l, WHY_RP_FILTER, WHY_LIKELY, true, l->p->sent_at);
	why_what(v, "this host drops the answers from %s: strict rp_filter on %s", l->end, dev);
	why_because(v,
		    "The default route leads into the tunnel. Replies to packets that arrive on %s "
		    "would leave through another device, so net.ipv4.conf.%s.rp_filter = 1 (or the "
		    "setting for all) silently drops those packets.",
		    dev, dev);
	why_here(v, "sysctl net.ipv4.conf.%s.rp_filter=2", dev);
	return true;
}

static bool load(const struct why_look *l)
{
	const struct faults *t = &l->p->faults;
	struct verdict *v;

	if (!is_asking(l) || !state_unsettled(l->p, t->cookie_at) ||
	    !why_within(l, t->cookie_at, RECENT_S))
		return false;
	v = why_begin(l, WHY_LOAD, WHY_SURE, true, t->cookie_at);
	why_what(v, "the peer is under load, or is rate-limiting us");
	why_because(v,
		    "It answers handshakes with cookies (%lu so far), which it does only when too "
		    "many are waiting; we ask again with the cookie.",
		    (unsigned long)t->cookies);
	why_there(v, "taut status NAME: is it under_load, and who sends the handshakes?");
	return true;
}

/* --- silence --- */

/* It was given up, not heard since, and is asked once more. */
static bool is_asked_anew(const struct why_look *l)
{
	const struct peer *p = l->p;

	return p->timers.unanswered < 2 && p->note.given_up && p->heard_at < p->note.given_up;
}

static bool silence(const struct why_look *l)
{
	bool anew = l->around->state.word == STATE_HANDSHAKING && is_asked_anew(l);
	bool gave_up = l->around->state.word == STATE_DEAD;
	bool stale = l->around->state.word == STATE_STALE;
	uint32_t asked = gave_up ? l->p->timers.attempts + 1 : l->p->timers.unanswered;
	struct verdict *v;

	if (!is_asking(l) || (!gave_up && !stale && !anew && asked < 2) ||
	    !endpoint_known(&l->p->endpoint))
		return false;
	v = why_begin(l, WHY_SILENCE, WHY_OPEN, true, l->p->sent_at);
	if (stale)
		why_what(v, "%s has been silent for %lu s, although data was sent", l->end,
			 why_ago(l, l->p->heard_at));
	else if (anew)
		why_what(v, "no answer from %s; it was given up and is asked again", l->end);
	else
		why_what(v, "no answer from %s to %u handshakes", l->end, asked);
	why_because(v,
		    "Nothing comes back, not even ICMP. From here, four causes look the same: UDP "
		    "port %u is blocked on the way; the address is wrong; the peer does not know "
		    "our public key, %s; or its key is not the one we have, %s.",
		    l->port, l->ours, l->theirs);
	why_there(v,
		  "taut why NAME: E-UNKNOWN-PEER or E-MAC1 means the keys; no verdict, the path");
	why_there(v, "wg show: it must list the peer %s", l->ours);
	why_there(v, "wg show: its own public key must be %s", l->theirs);
	why_there(v, "ss -lun; open UDP port %u in its firewall", l->port);
	return true;
}

static bool no_endpoint(const struct why_look *l)
{
	const struct faults *t = &l->p->faults;
	struct verdict *v;

	if (endpoint_known(&l->p->endpoint) || !why_within(l, t->no_endpoint_at, RECENT_S))
		return false;
	v = why_begin(l, WHY_NO_ENDPOINT, WHY_SURE, true, t->no_endpoint_at);
	why_what(v, "packets for the peer are dropped: its address is not known");
	why_because(v, "It has no Endpoint here, and has not connected (%lu packets dropped).",
		    (unsigned long)l->p->count[FATE_NO_ENDPOINT]);
	why_there(v, "start its tunnel; it must connect to this host, UDP port %u", l->about->port);
	why_here(v, "or give it an endpoint: wg set %s peer %s endpoint ADDRESS:PORT",
		 l->about->name, l->theirs);
	return true;
}

why_rule_fn *const why_reach[] = {
	name, bad_key, loops,     cannot_send, network_says,      psk,         clock_back, one_way,
	mac1, load,    rp_filter, silence,     why_early_session, no_endpoint, NULL,
};
