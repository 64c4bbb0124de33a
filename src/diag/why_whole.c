/* SPDX-License-Identifier: ISC */
/* Verdicts on the tunnel as a whole, and on strangers that contact it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "diag/label.h"
#include "diag/why_rules.h"
#include "proto/admin.h"

enum {
	RECENT_S = 300,
	STRANGER_S = 3600,
	CLOCK_S = 24 * 3600,
	DRIFT_VERDICTS = 3, /* others are like these */
};

/* No clock that shows an earlier time is right: 2024. */
static const uint64_t built_ns = 1704067200 * SECOND_NS;

static bool link_down(const struct why_look *l)
{
	struct verdict *v;

	if (l->t->up)
		return false;
	v = why_begin(l, WHY_LINK_DOWN, WHY_SURE, true, 0);
	why_what(v, "the interface is down");
	why_because(v, "It was set down, or has not been set up yet; all keys are forgotten while "
		       "it is down.");
	why_here(v, "ip link set %s up", l->about->name);
	return true;
}

static bool no_key(const struct why_look *l)
{
	struct verdict *v;

	if (!key_is_zero(admin_public_key(l->t)))
		return false;
	v = why_begin(l, WHY_NO_KEY, WHY_SURE, true, 0);
	why_what(v, "the tunnel has no private key");
	why_because(v, "Without one it can neither start nor answer a handshake.");
	why_here(v,
		 "set PrivateKeyFile in its file (for a new key: taut genkey), or: wg set %s "
		 "private-key FILE",
		 l->about->name);
	return true;
}

static bool own_key(const struct why_look *l)
{
	struct verdict *v;

	if (!l->t->faults.own_key)
		return false;
	v = why_begin(l, WHY_OWN_KEY, WHY_SURE, true, 0);
	why_what(v, "a peer was configured with our own public key and left out");
	why_because(v, "Our public key is %s. The peer needs the key of the other host.", l->ours);
	why_there(v, "wg show, or taut status NAME: its public key is what you need");
	why_here(v, "wg set %s peer KEY-OF-THE-OTHER-HOST ...", l->about->name);
	return true;
}

static bool no_peers(const struct why_look *l)
{
	struct verdict *v;

	if (admin_count(l->t) || l->t->faults.own_key)
		return false;
	v = why_begin(l, WHY_NO_PEERS, WHY_SURE, true, 0);
	why_what(v, "the tunnel has no peers");
	why_because(v, "There is nobody to talk to.");
	why_here(v, "add a [Peer] to its file, or: wg set %s peer KEY allowed-ips ADDRESSES",
		 l->about->name);
	return true;
}

/* The peer at that address; NULL: none. */
static const struct peer *who_is_at(const struct tunnel *t, const struct endpoint *end)
{
	const struct peer *p = admin_first(t);
	unsigned looked = 0;

	while (p && looked++ < 1 << 16 && !endpoint_same_remote(&p->endpoint, end))
		p = p->next;
	return p && endpoint_same_remote(&p->endpoint, end) ? p : NULL;
}

/* Anybody may try; it is a problem only while a peer is missing that may be this one. */
static bool may_be_missed(const struct why_look *l, const struct faults_stranger *s,
			  const struct peer *known)
{
	return why_within(l, s->at, RECENT_S) &&
	       (!l->about->all_well || (known && s->at > known->heard_at));
}

static void stranger(const struct why_look *l, const struct faults_stranger *s)
{
	const struct peer *known = who_is_at(l->t, &s->from);
	char key[KEY_BASE64_LEN + 1], label[LABEL_WHOLE], from[ENDPOINT_TEXT];
	struct verdict *v;

	key_to_base64(key, &s->key);
	endpoint_print(from, &s->from);
	v = why_begin(l, WHY_UNKNOWN_PEER, WHY_SURE, may_be_missed(l, s, known), s->at);
	why_what(v, "%s asks for a session with the public key %s, which no peer has", from, key);
	if (known) {
		label_whole(label, known);
		why_because(v,
			    "It asked %lu times, the last %lu s ago. That is the address of the "
			    "peer %s: its key has changed, or was never the right one.",
			    (unsigned long)s->count, why_ago(l, s->at), label);
	} else {
		why_because(v,
			    "It asked %lu times, the last %lu s ago. It knows our public key; only "
			    "you can tell who it is.",
			    (unsigned long)s->count, why_ago(l, s->at));
	}
	why_there(v, "wg show, or taut status NAME: is %s its public key?", key);
	why_here(v, "to let it in: wg set %s peer %s allowed-ips ITS-ADDRESS/32", l->about->name,
		 key);
}

static bool strangers(const struct why_look *l)
{
	const struct faults_stranger *s = l->t->faults.stranger;
	bool any = false;

	for (; s < l->t->faults.stranger + FAULTS_STRANGERS; s++) {
		/* Already corrected. */
		if (!why_within(l, s->at, STRANGER_S) || admin_find(l->t, &s->key))
			continue;
		stranger(l, s);
		any = true;
	}
	return any;
}

/* If it comes from the address of a peer, that peer gets the verdict. */
static bool stands_elsewhere(const struct why_look *l)
{
	struct ip from = endpoint_ip(&l->t->faults.mac_from);
	const struct peer *p = admin_first(l->t);

	for (unsigned looked = 0; p && looked < 1 << 16; p = p->next, looked++) {
		struct ip ip = endpoint_ip(&p->endpoint);

		if (!p->keyring.current && endpoint_known(&p->endpoint) && ip_equal(&ip, &from))
			return true;
	}
	return false;
}

static bool mac1_of_strangers(const struct why_look *l)
{
	const struct faults_tunnel *t = &l->t->faults;
	char from[ENDPOINT_TEXT];
	struct verdict *v;

	if (!why_within(l, t->mac_at, RECENT_S) || stands_elsewhere(l))
		return false;
	endpoint_print(from, &t->mac_from);
	v = why_begin(l, WHY_MAC1, WHY_LIKELY, !l->about->all_well, t->mac_at);
	why_what(v, "%s has a wrong public key for us, or does not speak WireGuard", from);
	why_because(v,
		    "It sends packets of the size of a handshake, but their first checksum (mac1) "
		    "was made for another key than ours (%lu in all). Random noise from the "
		    "internet looks the same.",
		    (unsigned long)l->t->count[FATE_MAC]);
	why_there(v, "the PublicKey of this peer must be: %s", l->ours);
	why_here(v, "is the PrivateKey the right one? Its public key is the line above");
	return true;
}

static bool no_peer(const struct why_look *l)
{
	const struct faults_tunnel *t = &l->t->faults;
	char ip[IP_TEXT];
	struct verdict *v;

	if (!why_within(l, t->no_peer_at, RECENT_S))
		return false;
	ip_print(ip, &t->no_peer_to);
	v = why_begin(l, WHY_NO_PEER, WHY_SURE, false, t->no_peer_at);
	why_what(v, "packets for %s are dropped: no peer has that address", ip);
	why_because(v,
		    "They are routed into the tunnel, but %s is in nobody's AllowedIPs (%lu such "
		    "packets in all, multicast and broadcast included).",
		    ip, (unsigned long)l->t->count[FATE_NO_PEER]);
	why_here(v, "ip route get %s; then add it to the AllowedIPs of the right peer", ip);
	return true;
}

static bool own_clock(const struct why_look *l)
{
	bool early = l->about->wall < built_ns;
	struct verdict *v;

	if (!early && !why_within(l, l->about->back_at, CLOCK_S))
		return false;
	v = why_begin(l, WHY_OWN_CLOCK, WHY_HINT, early && !l->about->all_well, l->about->back_at);
	if (early)
		why_what(v, "the clock of this host is set to a date before 2024");
	else
		why_what(v, "the clock of this host was set back by %lu s",
			 (unsigned long)(l->about->back_by / SECOND_NS));
	why_because(v,
		    "Peers refuse handshakes that are older than one they have seen. The tunnel "
		    "makes up for that: it goes on from the latest time that it has sent, also "
		    "after a restart, unless /var/lib/taut/%s/%s.stamp is lost.",
		    l->about->name, l->about->name);
	why_here(v, "timedatectl; set the clock, but not from a time server behind the tunnel");
	return true;
}

static void how_to_set_dns(struct verdict *v, const struct why_look *l)
{
	const char *name = l->about->name;

	if (l->about->dns->error == -ENOENT) {
		why_here(v, "install systemd-resolved or openresolv, then: taut reload %s", name);
		return;
	}
	why_here(v, "resolvectl status, or resolvconf -l: does it work? Then: taut reload %s",
		 name);
	why_here(v,
		 "a service needs root to use resolvconf: see root.conf in the examples of taut");
}

static bool dns_not_set(const struct why_look *l)
{
	const struct status_dns *dns = l->about->dns;
	struct verdict *v;

	if (!dns || !*dns->why)
		return false;
	v = why_begin(l, WHY_DNS, WHY_SURE, true, 0);
	why_what(v, "the name servers of the file are not asked: %s", dns->why);
	why_because(
		v,
		"Programs ask the same name servers as before, not %s. Even if all traffic goes "
		"into the tunnel, their questions may go past it.",
		*dns->servers ? dns->servers : "those of the tunnel");
	how_to_set_dns(v, l);
	return true;
}

static bool dns_aside(const struct why_look *l)
{
	const struct status_dns *dns = l->about->dns;
	struct verdict *v;

	if (!dns || !*dns->aside)
		return false;
	v = why_begin(l, WHY_DNS, WHY_LIKELY, true, 0);
	why_what(v, "programs also ask the name server %s, which the file does not have",
		 dns->aside);
	why_because(
		v,
		"%s knows the name servers of the file, but /etc/resolv.conf named %s when it was "
		"last looked at, at the start or a reload. Programs that read it send names there.",
		dns->by, dns->aside);
	if (strcmp(dns->by, "resolvconf") == 0)
		why_here(v,
			 "resolvconf -u; does something else write /etc/resolv.conf, or is it a "
			 "resolvconf that keeps other servers, unlike openresolv? Then: taut "
			 "reload %s",
			 l->about->name);
	else
		why_here(v,
			 "ln -sf ../run/systemd/resolve/stub-resolv.conf /etc/resolv.conf, then: "
			 "taut reload %s",
			 l->about->name);
	return true;
}

static bool dns_outside(const struct why_look *l)
{
	const struct status_dns *dns = l->about->dns;
	struct verdict *v;

	if (!dns || !*dns->outside)
		return false;
	v = why_begin(l, WHY_DNS, WHY_SURE, true, 0);
	why_what(v, "the name server %s of the file is asked past the tunnel", dns->outside);
	why_because(v,
		    "All other traffic goes into the tunnel, but no AllowedIPs contain %s: names "
		    "leave in clear.",
		    dns->outside);
	why_here(v, "take it out of DNS, or add its address to the AllowedIPs of a peer");
	why_here(v, "taut reload %s", l->about->name);
	return true;
}

/* Programs that remove what they did not make themselves, and how to stop that. */
static void name_the_cure(struct verdict *v, const struct drift_item *d, const char *name)
{
	if (d->error == -EACCES) /* only of IPv6: it is switched off on the interface */
		why_here(v, "sysctl net/ipv6/conf/%s/disable_ipv6=0", name);
	if (strstr(d->by, "systemd-network"))
		why_here(v, "in /etc/systemd/networkd.conf, [Network]: "
			    "ManageForeignRoutingPolicyRules=no and ManageForeignRoutes=no; then "
			    "systemctl restart systemd-networkd");
	else if (strstr(d->by, "NetworkManager"))
		why_here(v,
			 "nmcli device set %s managed no; to keep it so, a file like that of "
			 "taut, NetworkManager/conf.d/10-taut.conf",
			 name);
	else
		why_here(v, "to see who does it: ip monitor address route rule");
}

static void drifted(const struct why_look *l, const struct drift_item *d)
{
	uint64_t at = l->about->drift_at;
	const char *by = *d->by ? d->by : "another program";
	struct verdict *v;

	v = why_begin(l, WHY_DRIFT, WHY_SURE, d->missing, at);
	v->age += d->age;
	if (!d->missing)
		why_what(v, "%s was removed by %s, and put back", d->what, by);
	else if (d->error == -EEXIST)
		why_what(v, "%s is missing: %s has put another in its place", d->what, by);
	else if (d->error)
		why_what(v, "%s was removed by %s, and cannot be put back: %s", d->what, by,
			 strerror(-d->error));
	else
		why_what(v, "%s is missing: %s removes it again and again", d->what, by);
	why_because(
		v,
		"It belongs to this tunnel. Of late it was put back %lu times, which is done at "
		"most 10 times a minute.",
		(unsigned long)d->times);
	name_the_cure(v, d, l->about->name);
	if (d->missing)
		why_here(v, "to put it back now: taut reload %s", l->about->name);
}

static bool drift(const struct why_look *l)
{
	const struct drift *d = l->about->drift;

	if (!d)
		return false;
	for (uint32_t i = 0; i < d->n && i < DRIFT_VERDICTS; i++)
		drifted(l, &d->item[i]);
	return d->n;
}

static bool unguarded(const struct why_look *l)
{
	struct verdict *v;

	if (!l->about->unguarded)
		return false;
	v = why_begin(l, WHY_UNGUARDED, WHY_SURE, false, 0);
	why_what(v, "nftables do not guard the addresses of the tunnel");
	why_because(v, "The default route leads into the tunnel, and this kernel has no nftables, "
		       "or they may not be used; the log says which. Other hosts of the networks "
		       "around can find out the addresses of the tunnel and disturb its "
		       "connections, and strict rp_filter drops what peers send.");
	why_here(v, "modprobe -a nf_tables nft_fib_inet nft_ct; then taut reload %s",
		 l->about->name);
	return true;
}

why_rule_fn *const why_whole[] = {
	link_down, no_key,      own_key,   no_peers,    strangers, mac1_of_strangers, no_peer,
	own_clock, dns_not_set, dns_aside, dns_outside, drift,     unguarded,         NULL,
};
