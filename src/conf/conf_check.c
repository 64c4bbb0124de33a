/* SPDX-License-Identifier: ISC */
#include "conf/conf.h"

#include <errno.h>

#include "conf/conf_dup.h"
#include "conf/diag_line.h"

/* What each check needs: one conf, our public key if known, where to complain. */
struct check {
	const struct conf *c;
	const struct key *public_key; /* NULL: unknown */
	struct conf_report *r;
};

static bool interface_is_empty(const struct conf *c)
{
	int kind;

	for (kind = 0; kind < HOOK_KINDS; kind++)
		if (c->n_hook[kind])
			return false;
	return c->set == 0 && c->n_address == 0 && c->n_dns == 0;
}

static void check_private_key(const struct check *ck)
{
	unsigned both = CONF_PRIVATE_KEY | CONF_PRIVATE_KEY_FILE;
	const struct conf *c = ck->c;
	struct conf_place nowhere = { 0 };

	if ((c->set & both) == both)
		diag_line_error(ck->r, c->path, c->key_place,
				"both PrivateKey and PrivateKeyFile; keep one of them");
	if (c->set & CONF_PRIVATE_KEY && key_is_zero(&c->private_key))
		diag_line_error(ck->r, c->path, c->key_place,
				"the private key is all zeros; make one with taut genkey");
	/* A key that was given but is not valid was reported when the file was read. */
	if (c->set & (both | CONF_AWAIT_KEY) || c->key_place.line)
		return;
	if (interface_is_empty(c))
		diag_line_error(ck->r, c->path, nowhere,
				"no [Interface] section; add one with a line PrivateKey = KEY "
				"(taut genkey makes one) or PrivateKeyFile = PATH");
	else
		diag_line_error(ck->r, c->path, nowhere,
				"no PrivateKey in [Interface]; add PrivateKey = KEY "
				"(taut genkey makes one) or PrivateKeyFile = PATH");
}

static void check_public_key(const struct check *ck, const struct conf_peer *p)
{
	const struct conf *c = ck->c;

	if (!(p->set & CONF_PEER_PUBLIC_KEY)) {
		/* For a file, this was reported when it was read. */
		if (!p->place.line)
			diag_line_error(ck->r, c->path, p->place,
					"[Peer] without PublicKey; add it");
		return;
	}
	if (p->set & CONF_PEER_SELF)
		return;
	if (ck->public_key && key_equal(&p->public_key, ck->public_key))
		diag_line_error(ck->r, c->path, p->key_place,
				"you pasted your own public key; put the peer's here "
				"(at the other end: taut pubkey)");
	if (key_is_zero(&p->public_key))
		diag_line_error(ck->r, c->path, p->key_place,
				"the public key is all zeros; put the peer's here "
				"(at the other end: taut pubkey)");
	else if (key_equal(&p->public_key, &c->private_key))
		diag_line_error(ck->r, c->path, p->key_place,
				"you pasted your own private key; put the peer's public key here "
				"(at the other end: taut pubkey)");
}

static void check_psk(const struct check *ck, const struct conf_peer *p)
{
	unsigned both = CONF_PEER_PSK | CONF_PEER_PSK_FILE;
	const struct conf *c = ck->c;
	const char *same = NULL;

	if ((p->set & both) == both)
		diag_line_error(ck->r, c->path, p->psk_place,
				"both PresharedKey and PresharedKeyFile; keep one of them");
	if (!(p->set & CONF_PEER_PSK) || key_is_zero(&p->psk))
		return;
	if (key_equal(&p->psk, &c->private_key))
		same = "your private key";
	else if (key_equal(&p->psk, &p->public_key))
		same = "the peer's public key";
	else if (ck->public_key && key_equal(&p->psk, ck->public_key))
		same = "your public key";
	if (same)
		diag_line_warning(ck->r, c->path, p->psk_place,
				  "the preshared key is %s and protects nothing; "
				  "make one for both ends with taut genpsk",
				  same);
}

static void check_placeholders(const struct check *ck)
{
	const struct conf *c = ck->c;
	size_t i;

	if (key_is_placeholder(&c->private_key))
		diag_line_error(
			ck->r, c->path, c->key_place,
			"the private key is the placeholder from the examples, which everyone "
			"knows; make one with taut genkey");
	for (i = 0; i < c->n_peer; i++) {
		const struct conf_peer *p = &c->peer[i];

		/* Removing it does no harm. */
		if (p->set & CONF_PEER_REMOVE)
			continue;
		if (key_is_placeholder(&p->public_key))
			diag_line_error(
				ck->r, c->path, p->key_place,
				"the public key is the placeholder from the examples; put the "
				"peer's here (at the other end: taut pubkey)");
		if (key_is_placeholder(&p->psk))
			diag_line_error(
				ck->r, c->path, p->psk_place,
				"the preshared key is the placeholder from the examples, which "
				"everyone knows; make one for both ends with taut genpsk, or "
				"remove it");
	}
}

int conf_check_placeholders(const struct conf *c, struct conf_report *r)
{
	const struct check ck = { .c = c, .r = r };
	unsigned errors = r->errors;

	check_placeholders(&ck);
	return r->errors == errors ? 0 : -EINVAL;
}

/*
 * A datagram to the endpoint must not be routed back into the tunnel. With Table = auto, a
 * default route comes with rules that keep marked datagrams out, but a narrower route does
 * not; an admin who sets FwMark has their own rules.
 */
static bool loop_guarded(const struct conf *c, const struct prefix *p)
{
	if (c->fwmark)
		return true;
	return p->bits == 0 && c->table_kind == TABLE_AUTO;
}

static void check_loop(const struct check *ck, const struct conf_peer *p, const struct ip *remote)
{
	const struct conf *c = ck->c;
	char text[PREFIX_TEXT];
	struct prefix masked;
	size_t i;

	for (i = 0; i < p->n_allowed; i++) {
		masked = p->allowed[i].prefix;
		prefix_mask(&masked);
		if (p->allowed[i].remove || !prefix_contains(&masked, remote) ||
		    loop_guarded(c, &masked))
			continue;
		prefix_print(text, &masked);
		diag_line_warning(
			ck->r, c->path, p->allowed[i].place,
			"%s contains this peer's Endpoint, so the tunnel's own packets would loop; "
			"set FwMark and a rule for it, or leave that address out",
			text);
		return;
	}
}

bool conf_mtu_lacks_ipv6(const struct conf *c)
{
	return c->set & CONF_MTU && c->mtu < CONF_MTU_IPV6;
}

/* Without these routes the traffic would bypass the tunnel. false: reported. */
static bool check_ipv6_routes(const struct check *ck)
{
	const struct conf *c = ck->c;
	char text[PREFIX_TEXT];
	size_t i, k;

	for (i = 0; i < c->n_peer && c->table_kind != TABLE_OFF; i++) {
		for (k = 0; k < c->peer[i].n_allowed; k++) {
			const struct conf_allowed *a = &c->peer[i].allowed[k];

			if (a->remove || a->prefix.ip.family != AF_INET6)
				continue;
			prefix_print(text, &a->prefix);
			diag_line_error(
				ck->r, c->path, c->mtu_place,
				"below %d the kernel routes no IPv6 to an interface, and "
				"AllowedIPs has %s; set MTU = %d or more, or leave IPv6 out",
				CONF_MTU_IPV6, text, CONF_MTU_IPV6);
			return false;
		}
	}
	return true;
}

static void check_mtu(const struct check *ck)
{
	const struct conf *c = ck->c;
	char text[PREFIX_TEXT];
	size_t i;

	if (!conf_mtu_lacks_ipv6(c) || !check_ipv6_routes(ck))
		return;
	for (i = 0; i < c->n_address; i++) {
		if (c->address[i].ip.family != AF_INET6)
			continue;
		prefix_print(text, &c->address[i]);
		diag_line_warning(
			ck->r, c->path, c->mtu_place,
			"below %d the kernel allows no IPv6 address on an interface: %s is "
			"left out; set MTU = %d or more, or remove it",
			CONF_MTU_IPV6, text, CONF_MTU_IPV6);
	}
}

static void check_endpoint(const struct check *ck, const struct conf_peer *p)
{
	const struct conf *c = ck->c;
	struct ip remote;
	char text[IP_TEXT];
	size_t i;

	if (!endpoint_known(&p->endpoint))
		return;
	remote = endpoint_ip(&p->endpoint);
	for (i = 0; i < c->n_address; i++) {
		if (!ip_equal(&c->address[i].ip, &remote))
			continue;
		ip_print(text, &remote);
		diag_line_warning(ck->r, c->path, p->endpoint_place,
				  "%s is also our Address inside the tunnel; Endpoint needs the "
				  "peer's address outside it",
				  text);
	}
	check_loop(ck, p, &remote);
}

int conf_check(const struct conf *c, const struct key *public_key, struct conf_report *r)
{
	struct check ck = { .c = c, .public_key = public_key, .r = r };
	struct conf_place nowhere = { 0 };
	unsigned errors = r->errors;
	size_t i;

	check_private_key(&ck);
	check_placeholders(&ck);
	check_mtu(&ck);
	for (i = 0; i < c->n_peer; i++) {
		check_public_key(&ck, &c->peer[i]);
		check_psk(&ck, &c->peer[i]);
		check_endpoint(&ck, &c->peer[i]);
	}
	if (conf_dup_peers(c, r) == -ENOMEM || conf_dup_networks(c, r) == -ENOMEM)
		diag_line_error(r, c->path, nowhere, "out of memory");
	return r->errors == errors ? 0 : -EINVAL;
}
