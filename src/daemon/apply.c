/* SPDX-License-Identifier: ISC */
#include "daemon/apply.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/breath.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "base/prefixes.h"
#include "diag/label.h"
#include "proto/admin.h"

_Static_assert((int)PEER_NAME == (int)CONF_PEER_NAME, "a name fits");

enum { COST_PEER = 4096, COST_ALLOWED = 128 }; /* bytes, generously */

int apply_check(const struct tunnel *t, const struct conf *c)
{
	size_t there = c->set & CONF_REPLACE_PEERS ? 0 : admin_count(t);
	size_t added = 0, cost = 0;
	void *reserve;

	for (size_t i = 0; i < c->n_peer; i++) {
		breath();
		added += !admin_find(t, &c->peer[i].public_key);
		cost += c->peer[i].n_allowed * COST_ALLOWED;
	}
	if (c->set & CONF_REPLACE_PEERS)
		added = c->n_peer;
	if (there + added > PEERS_MAX)
		return -ENOSPC;
	reserve = mem_new(added * COST_PEER + cost + 1);
	if (!reserve)
		return -ENOMEM;
	mem_free(reserve);
	return 0;
}

static void remove_peer(struct tunnel *t, struct names *names, struct peer *p)
{
	names_forget(names, &p->public_key);
	admin_remove(t, p);
}

static void set_private_key(struct tunnel *t, struct names *names, const struct key *key,
			    struct instant now)
{
	admin_private_key(t, key, now);
	names_sweep(names); /* a peer with our own key is gone */
}

static int apply_allowed(struct tunnel *t, struct peer *p, const struct conf_peer *c)
{
	for (size_t i = 0; i < c->n_allowed; i++) {
		int r = 0;

		if (c->allowed[i].remove)
			admin_disallow(t, p, &c->allowed[i].prefix);
		else
			r = admin_allow(t, p, &c->allowed[i].prefix);
		if (r < 0)
			return r;
	}
	return 0;
}

static int request_peer(struct tunnel *t, struct names *names, const struct conf_peer *c,
			struct instant now)
{
	struct peer *p = admin_find(t, &c->public_key);
	int r;

	if (c->set & CONF_PEER_REMOVE) {
		if (p)
			remove_peer(t, names, p);
		return 0;
	}
	if (!p) {
		if (c->set & CONF_PEER_UPDATE_ONLY)
			return 0;
		r = admin_add(t, &c->public_key, &p);
		if (r < 0)
			return r == -EINVAL ? 0 : r; /* our own key: not an error here */
	}
	if (c->set & CONF_PEER_PSK)
		admin_psk(p, &c->psk);
	if (c->set & CONF_PEER_ENDPOINT) {
		names_forget(names, &p->public_key);
		admin_endpoint(t, p, &c->endpoint);
	}
	if (c->set & CONF_PEER_KEEPALIVE)
		admin_keepalive(t, p, c->keepalive, now);
	if (c->set & CONF_PEER_REPLACE_ALLOWED)
		admin_disallow_all(t, p);
	r = apply_allowed(t, p, c);
	admin_touched(t, p);
	return r;
}

/* The request adds a peer, which may correct a mistake in an earlier one. */
static bool adds_peer(const struct tunnel *t, const struct conf *c)
{
	for (size_t i = 0; i < c->n_peer; i++) {
		if (!(c->peer[i].set & (CONF_PEER_REMOVE | CONF_PEER_UPDATE_ONLY)) &&
		    !admin_find(t, &c->peer[i].public_key))
			return true;
	}
	return false;
}

int apply_request(struct tunnel *t, struct names *names, const struct conf *c, struct instant now)
{
	if (c->set & CONF_REPLACE_PEERS || adds_peer(t, c))
		admin_mend_own_key(t);
	if (c->set & CONF_PRIVATE_KEY)
		set_private_key(t, names, &c->private_key, now);
	if (c->set & CONF_REPLACE_PEERS) {
		while (admin_first(t)) {
			breath();
			remove_peer(t, names, admin_first(t));
		}
	}
	for (size_t i = 0; i < c->n_peer; i++) {
		int r = request_peer(t, names, &c->peer[i], now);

		breath();
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- a whole file --- */

/* The peers of a configuration, sorted by key. */
struct who {
	const struct conf_peer **peer;
	size_t n;
};

static int by_key(const void *left, const void *right)
{
	const struct conf_peer *const *a = left, *const *b = right;

	return memcmp(&(*a)->public_key, &(*b)->public_key, sizeof(struct key));
}

static int who_init(struct who *w, const struct conf *c)
{
	w->n = c->n_peer;
	w->peer = mem_new_array(c->n_peer + 1, sizeof(struct conf_peer *));
	if (!w->peer)
		return -ENOMEM;
	for (size_t i = 0; i < c->n_peer; i++)
		w->peer[i] = &c->peer[i];
	qsort(w->peer, w->n, sizeof(struct conf_peer *), by_key);
	return 0;
}

static const struct conf_peer *who_find(const struct who *w, const struct key *key)
{
	const struct conf_peer like = { .public_key = *key }, *at = &like;
	const struct conf_peer *const *found;

	found = bsearch(&at, w->peer, w->n, sizeof(struct conf_peer *), by_key);
	return found ? *found : NULL;
}

static bool same_endpoint(const struct conf_peer *a, const struct conf_peer *b)
{
	if ((a->set & CONF_PEER_ENDPOINT) != (b->set & CONF_PEER_ENDPOINT))
		return false;
	if (!(a->set & CONF_PEER_ENDPOINT))
		return true;
	if (!a->host != !b->host)
		return false;
	if (a->host)
		return a->port == b->port && strcmp(a->host, b->host) == 0;
	return endpoint_same_remote(&a->endpoint, &b->endpoint);
}

/* true: changed. */
static bool file_name(struct peer *p, const struct conf_peer *c)
{
	if (strcmp(p->note.name, c->name) == 0)
		return false;
	memcpy(p->note.name, c->name, sizeof(p->note.name));
	return true;
}

/* A request removed the peer and added it again: what the file said went with it. */
static bool lost_endpoint(const struct names *names, const struct peer *p,
			  const struct conf_peer *c)
{
	return c->set & CONF_PEER_ENDPOINT && !endpoint_known(&p->endpoint) &&
	       !names_of(names, &p->public_key);
}

/* 1: changed, 0: not. */
static int file_endpoint(struct tunnel *t, struct names *names, struct peer *p,
			 const struct conf_peer *c, const struct conf_peer *old, struct instant now)
{
	int r;

	if (old && same_endpoint(c, old) && !lost_endpoint(names, p, c))
		return 0;
	if (c->host) {
		r = names_set(names, &p->public_key, c->host, c->port);
		return r < 0 ? r : 1;
	}
	names_forget(names, &p->public_key);
	/* No endpoint in the file: keep the current one. */
	if (!(c->set & CONF_PEER_ENDPOINT)) {
		admin_candidates(t, p, NULL, 0, now);
		return old ? 1 : 0;
	}
	admin_endpoint(t, p, &c->endpoint);
	return 1;
}

static int collect(struct prefixes *want, struct prefixes *have, const struct conf_peer *c,
		   const struct peer *p)
{
	const struct allowed_node *node = NULL;
	int r = 0;

	for (size_t i = 0; i < c->n_allowed && r == 0; i++) {
		struct prefix prefix = c->allowed[i].prefix;

		prefix_mask(&prefix);
		r = prefixes_add(want, &prefix);
	}
	while (r == 0 && (node = allowed_next(&p->allowed, node))) {
		struct prefix prefix;

		allowed_prefix(node, &prefix);
		r = prefixes_add(have, &prefix);
	}
	return r;
}

/*
 * Only what differs, so that no packet falls into a gap: what is claimed by another peer of the
 * file goes over to it in one step, at its turn. 1: changed, 0: not.
 */
static int file_allowed(struct tunnel *t, struct peer *p, const struct conf_peer *c,
			const struct prefixes *claimed)
{
	struct prefixes want = { 0 }, have = { 0 };
	int changed = 0, r;

	r = collect(&want, &have, c, p);
	if (r < 0)
		goto out;
	prefixes_sort(&want);
	prefixes_sort(&have);
	for (size_t i = 0; i < have.n; i++) {
		if (prefixes_has(&want, &have.prefix[i]))
			continue;
		if (!prefixes_has(claimed, &have.prefix[i]))
			admin_disallow(t, p, &have.prefix[i]);
		changed = 1;
	}
	for (size_t i = 0; i < c->n_allowed && r == 0; i++) {
		struct prefix prefix = c->allowed[i].prefix;

		prefix_mask(&prefix);
		if (prefixes_has(&have, &prefix))
			continue;
		r = admin_allow(t, p, &prefix);
		changed = 1;
	}
out:
	prefixes_fini(&want);
	prefixes_fini(&have);
	return r < 0 ? r : changed;
}

/* The file says none, and has not said one before: it was set by a hook or an admin, and stays. */
static bool leaves_psk(const struct conf_peer *c, const struct conf_peer *old)
{
	return !(c->set & CONF_PEER_PSK) && !(old && old->set & CONF_PEER_PSK);
}

static int file_peer(struct tunnel *t, struct names *names, const struct conf_peer *c,
		     const struct conf_peer *old, const struct prefixes *claimed,
		     struct instant now, struct print *report)
{
	struct peer *p = admin_find(t, &c->public_key);
	bool changed = false, added = !p, renamed;
	char who[LABEL_PEER];
	int r;

	if (!p) {
		r = admin_add(t, &c->public_key, &p);
		if (r < 0)
			return r == -EINVAL ? 0 : r; /* our own key: not an error here */
		old = NULL;
	}
	renamed = file_name(p, c);
	if (!leaves_psk(c, old) && !bytes_equal(&p->noise->psk, &c->psk, sizeof(c->psk))) {
		admin_psk(p, &c->psk);
		changed = true;
	}
	if (p->timers.interval != c->keepalive) {
		admin_keepalive(t, p, c->keepalive, now);
		changed = true;
	}
	r = file_endpoint(t, names, p, c, old, now);
	if (r < 0)
		return r;
	changed |= r;
	r = file_allowed(t, p, c, claimed);
	if (r < 0)
		return r;
	changed |= r;
	if (!added && !changed && !renamed)
		return 0;
	if (added || changed)
		admin_touched(t, p);
	label_peer(who, p);
	print_add(report, "peer %s %s\n", who, added ? "added" : "changed");
	return 0;
}

static void remove_others(struct tunnel *t, struct names *names, const struct who *stay,
			  struct print *report)
{
	struct peer *p = admin_first(t), *next;
	char who[LABEL_PEER];

	for (; p; p = next) {
		next = p->next;
		breath();
		if (who_find(stay, &p->public_key))
			continue;
		label_peer(who, p);
		print_add(report, "peer %s removed\n", who);
		remove_peer(t, names, p);
	}
}

/* All networks of the file. */
static int claims(struct prefixes *claimed, const struct conf *c)
{
	int r = 0;

	for (size_t i = 0; i < c->n_peer; i++) {
		const struct conf_peer *p = &c->peer[i];

		breath();
		for (size_t k = 0; k < p->n_allowed && r == 0; k++) {
			struct prefix prefix = p->allowed[k].prefix;

			prefix_mask(&prefix);
			r = prefixes_add(claimed, &prefix);
		}
	}
	prefixes_sort(claimed);
	return r;
}

int apply_file(struct tunnel *t, struct names *names, const struct conf *c, const struct conf *old,
	       struct instant now, struct print *report)
{
	struct who stay = { 0 }, before = { 0 };
	struct prefixes claimed = { 0 };
	struct key self = *admin_public_key(t);
	int r;

	r = who_init(&stay, c);
	if (r == 0)
		r = who_init(&before, old);
	if (r == 0)
		r = claims(&claimed, c);
	if (r < 0)
		goto out;
	/* Without one in the file, it was set by a hook or an admin, and stays. */
	if (c->set & CONF_PRIVATE_KEY)
		set_private_key(t, names, &c->private_key, now);
	if (!key_equal(&self, admin_public_key(t)))
		print_add(report, "private key changed\n");
	admin_mend_own_key(t); /* unless it is still among these */
	for (size_t i = 0; i < c->n_peer && r == 0; i++) {
		breath();
		r = file_peer(t, names, &c->peer[i], who_find(&before, &c->peer[i].public_key),
			      &claimed, now, report);
	}
	/* At the end: those that stay have taken over what they had. */
	remove_others(t, names, &stay, report);
out:
	prefixes_fini(&claimed);
	mem_free(stay.peer);
	mem_free(before.peer);
	return r;
}
