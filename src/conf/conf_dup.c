/* SPDX-License-Identifier: ISC */
#include "conf/conf_dup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "conf/diag_line.h"

/* One peer, or one network of a peer. */
struct claim {
	const struct conf_peer *peer;
	const struct conf_allowed *allowed; /* NULL: the peer itself */
	struct prefix network;              /* masked */
	const struct claim *rival;          /* the earlier claim to the same */
};

static int by_order(const struct claim *a, const struct claim *b)
{
	return (a > b) - (a < b);
}

static int by_key(const void *left, const void *right)
{
	const struct claim *a = *(const struct claim *const *)left;
	const struct claim *b = *(const struct claim *const *)right;
	int order = memcmp(&a->peer->public_key, &b->peer->public_key, sizeof(struct key));

	return order ? order : by_order(a, b);
}

static int compare_networks(const struct claim *a, const struct claim *b)
{
	if (a->network.ip.family != b->network.ip.family)
		return a->network.ip.family < b->network.ip.family ? -1 : 1;
	if (a->network.bits != b->network.bits)
		return a->network.bits < b->network.bits ? -1 : 1;
	return memcmp(a->network.ip.bytes, b->network.ip.bytes, ip_len(a->network.ip.family));
}

static int by_network(const void *left, const void *right)
{
	const struct claim *a = *(const struct claim *const *)left;
	const struct claim *b = *(const struct claim *const *)right;
	int order = compare_networks(a, b);

	return order ? order : by_order(a, b);
}

static bool same_saying(const struct claim *a, const struct claim *b)
{
	if (!a->allowed)
		return key_equal(&a->peer->public_key, &b->peer->public_key);
	return compare_networks(a, b) == 0;
}

/* Set the rival of each claim that repeats what another peer claimed before. */
static int find_rivals(struct claim *claim, size_t n, int (*order)(const void *, const void *))
{
	struct claim **sorted = mem_new_array(n, sizeof(*sorted));
	const struct claim *first = NULL;
	size_t i;

	if (!sorted)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		sorted[i] = &claim[i];
	qsort(sorted, n, sizeof(*sorted), order);
	for (i = 0; i < n; i++) {
		if (!first || !same_saying(first, sorted[i]))
			first = sorted[i];
		else if (first->peer != sorted[i]->peer)
			sorted[i]->rival = first;
	}
	mem_free(sorted);
	return 0;
}

static void report_peer(const struct conf *c, const struct claim *claim, struct conf_report *r)
{
	struct conf_place there = claim->rival->peer->key_place;

	if (there.line)
		diag_line_error(r, c->path, claim->peer->key_place,
				"this PublicKey is already in line %u; merge both into one [Peer]",
				there.line);
	else
		diag_line_error(r, c->path, claim->peer->key_place,
				"this PublicKey is given twice; merge both into one [Peer]");
}

int conf_dup_peers(const struct conf *c, struct conf_report *r)
{
	struct claim *claim;
	size_t i, n = 0;
	int err;

	if (c->n_peer < 2)
		return 0;
	claim = mem_new_array(c->n_peer, sizeof(*claim));
	if (!claim)
		return -ENOMEM;
	for (i = 0; i < c->n_peer; i++)
		if (c->peer[i].set & CONF_PEER_PUBLIC_KEY)
			claim[n++].peer = &c->peer[i];
	err = n ? find_rivals(claim, n, by_key) : 0;
	for (i = 0; i < n && err != -ENOMEM; i++) {
		if (!claim[i].rival)
			continue;
		report_peer(c, &claim[i], r);
		err = -EINVAL;
	}
	mem_free(claim);
	return err;
}

static void report_network(const struct conf *c, const struct claim *claim, struct conf_report *r)
{
	struct conf_place there = claim->rival->allowed->place;
	const char *why = claim->network.bits ? "a network can have only one peer"
					      : "only one peer can have all";
	char text[PREFIX_TEXT];

	prefix_print(text, &claim->network);
	if (there.line)
		diag_line_error(
			r, c->path, claim->allowed->place,
			"%s also belongs to the peer in line %u; %s, remove it here or there "
			"(line %u, column %u)",
			text, claim->rival->peer->place.line, why, there.line, there.column);
	else
		diag_line_error(r, c->path, claim->allowed->place,
				"%s belongs to two peers; %s, remove it from the other", text, why);
}

int conf_dup_networks(const struct conf *c, struct conf_report *r)
{
	size_t i, j, n = 0, cap = 0;
	struct claim *claim;
	int err;

	for (i = 0; i < c->n_peer; i++)
		cap += c->peer[i].n_allowed;
	if (c->n_peer < 2 || cap < 2)
		return 0;
	claim = mem_new_array(cap, sizeof(*claim));
	if (!claim)
		return -ENOMEM;
	for (i = 0; i < c->n_peer; i++) {
		for (j = 0; j < c->peer[i].n_allowed; j++) {
			if (c->peer[i].allowed[j].remove)
				continue;
			claim[n].peer = &c->peer[i];
			claim[n].allowed = &c->peer[i].allowed[j];
			claim[n].network = claim[n].allowed->prefix;
			prefix_mask(&claim[n++].network);
		}
	}
	err = n ? find_rivals(claim, n, by_network) : 0;
	for (i = 0; i < n && err != -ENOMEM; i++) {
		if (!claim[i].rival)
			continue;
		report_network(c, &claim[i], r);
		err = -EINVAL;
	}
	mem_free(claim);
	return err;
}
