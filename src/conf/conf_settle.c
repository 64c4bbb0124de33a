/* SPDX-License-Identifier: ISC */
#include "conf/conf.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "conf/conf_dup.h"
#include "conf/diag_line.h"

/* --- one key in several [Peer] --- */

static bool merge_allowed(struct conf_peer *into, struct conf_peer *from)
{
	if (from->set & CONF_PEER_REPLACE_ALLOWED)
		into->n_allowed = 0;
	for (size_t i = 0; i < from->n_allowed; i++) {
		const struct conf_allowed *a = &from->allowed[i];

		if (!conf_peer_allow(into, &a->prefix, a->remove))
			return false;
		into->allowed[into->n_allowed - 1].place = a->place;
	}
	return true;
}

static void exchange(char **a, char **b)
{
	char *other = *a;

	*a = *b;
	*b = other;
}

/* What the later one gives counts. */
static bool merge(struct conf_peer *into, struct conf_peer *from)
{
	const unsigned psk = CONF_PEER_PSK | CONF_PEER_PSK_FILE;
	unsigned given = from->set & (psk | CONF_PEER_ENDPOINT | CONF_PEER_KEEPALIVE);

	if (given & psk) {
		into->set &= ~psk;
		into->psk = from->psk;
		into->psk_place = from->psk_place;
		exchange(&into->psk_file, &from->psk_file);
	}
	if (given & CONF_PEER_ENDPOINT) {
		into->endpoint = from->endpoint;
		into->port = from->port;
		into->endpoint_place = from->endpoint_place;
		exchange(&into->host, &from->host);
	}
	if (given & CONF_PEER_KEEPALIVE)
		into->keepalive = from->keepalive;
	if (*from->name)
		memcpy(into->name, from->name, sizeof(into->name));
	into->set |= given;
	from->set |= CONF_PEER_REMOVE;
	return merge_allowed(into, from);
}

static int settle_peers(struct conf *c, struct conf_report *r)
{
	struct conf_claim *claim;
	size_t n;
	int err = conf_dup_peer_claims(c, &claim, &n);

	for (size_t i = 0; i < n && err == 0; i++) {
		const struct conf_peer *from = claim[i].peer, *into = claim[claim[i].first].peer;

		if (from == into)
			continue;
		diag_line_warning(r, c->path, from->key_place,
				  "this PublicKey is already in line %u; as with wg, this [Peer] "
				  "changes that one, and its AllowedIPs replace those there; merge "
				  "both",
				  into->key_place.line);
		if (!merge(&c->peer[into - c->peer], &c->peer[from - c->peer]))
			err = -ENOMEM;
	}
	mem_free(claim);
	conf_drop_peers(c);
	return err;
}

/* --- networks --- */

static void drop_marked(struct conf_peer *p)
{
	size_t kept = 0;

	for (size_t i = 0; i < p->n_allowed; i++) {
		if (!p->allowed[i].remove)
			p->allowed[kept++] = p->allowed[i];
	}
	p->n_allowed = kept;
}

/* "-10.0.0.0/8" takes back what stands before it. */
static void take_back(struct conf_peer *p)
{
	for (size_t i = 0; i < p->n_allowed; i++) {
		struct prefix gone = p->allowed[i].prefix;

		if (!p->allowed[i].remove)
			continue;
		prefix_mask(&gone);
		for (size_t k = 0; k < i; k++) {
			struct prefix before = p->allowed[k].prefix;

			prefix_mask(&before);
			p->allowed[k].remove |= prefix_equal(&before, &gone);
		}
	}
	drop_marked(p);
}

static void lose_network(struct conf *c, const struct conf_claim *claim,
			 const struct conf_claim *heir, struct conf_report *r)
{
	struct conf_peer *p = &c->peer[claim->peer - c->peer];
	struct conf_place there = heir->allowed->place;
	char text[PREFIX_TEXT];

	prefix_print(text, &claim->network);
	diag_line_warning(
		r, c->path, claim->allowed->place,
		"%s also belongs to the peer in line %u; as with wg, the last one gets it, "
		"and this one does not; remove it here or there (line %u, column %u)",
		text, heir->peer->place.line, there.line, there.column);
	p->allowed[claim->allowed - p->allowed].remove = true;
}

static int settle_networks(struct conf *c, struct conf_report *r)
{
	struct conf_claim *claim;
	size_t i, n;
	int err;

	for (i = 0; i < c->n_peer; i++)
		take_back(&c->peer[i]);
	err = conf_dup_network_claims(c, &claim, &n);
	if (err < 0)
		return err;
	for (i = 0; i < n; i++) {
		const struct conf_claim *heir = &claim[claim[i].last];

		if (heir->peer != claim[i].peer)
			lose_network(c, &claim[i], heir, r);
	}
	mem_free(claim);
	for (i = 0; i < c->n_peer; i++)
		drop_marked(&c->peer[i]);
	return 0;
}

/* --- our own key --- */

/* Its Endpoint would be the way to ourselves, so of all that is given only the key is left. */
static void strip(struct conf_peer *p)
{
	mem_free(p->host);
	p->host = NULL;
	p->endpoint = (struct endpoint){ 0 };
	p->n_allowed = 0;
	wipe(&p->psk, sizeof(p->psk));
	p->set = CONF_PEER_PUBLIC_KEY | CONF_PEER_SELF;
}

/* Several hosts may share one list of peers. */
static void settle_own_key(struct conf *c, const struct key *public_key, struct conf_report *r)
{
	for (size_t i = 0; i < c->n_peer; i++) {
		struct conf_peer *p = &c->peer[i];

		if (!(p->set & CONF_PEER_PUBLIC_KEY) || !key_equal(&p->public_key, public_key))
			continue;
		diag_line_warning(
			r, c->path, p->key_place,
			"this is your own public key, so this [Peer] is left out; if you "
			"pasted it by mistake, put the peer's here (at the other end: taut "
			"pubkey)");
		strip(p);
	}
}

static void settle_no_key(struct conf *c, struct conf_report *r)
{
	struct conf_place nowhere = { 0 };

	if (c->set & (CONF_PRIVATE_KEY | CONF_PRIVATE_KEY_FILE) || c->key_place.line ||
	    !(c->n_hook[HOOK_PRE_UP] || c->n_hook[HOOK_POST_UP]))
		return;
	diag_line_warning(r, c->path, nowhere,
			  "no PrivateKey in [Interface]; the tunnel does not work before PreUp or "
			  "PostUp has set one (wg set %%i private-key FILE)");
	c->set |= CONF_AWAIT_KEY;
}

int conf_settle(struct conf *c, const struct key *public_key, struct conf_report *r)
{
	struct conf_place nowhere = { 0 };
	int err = settle_peers(c, r);

	if (err == 0 && public_key)
		settle_own_key(c, public_key, r);
	if (err == 0)
		err = settle_networks(c, r);
	if (err == 0)
		settle_no_key(c, r);
	else
		diag_line_error(r, c->path, nowhere, "out of memory");
	return err;
}
