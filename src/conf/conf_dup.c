/* SPDX-License-Identifier: ISC */
#include "conf/conf_dup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "conf/diag_line.h"

static int by_order(const struct conf_claim *a, const struct conf_claim *b)
{
	return (a > b) - (a < b);
}

static int by_key(const void *left, const void *right)
{
	const struct conf_claim *a = *(const struct conf_claim *const *)left;
	const struct conf_claim *b = *(const struct conf_claim *const *)right;
	int order = memcmp(&a->peer->public_key, &b->peer->public_key, sizeof(struct key));

	return order ? order : by_order(a, b);
}

static int compare_networks(const struct conf_claim *a, const struct conf_claim *b)
{
	if (a->network.ip.family != b->network.ip.family)
		return a->network.ip.family < b->network.ip.family ? -1 : 1;
	if (a->network.bits != b->network.bits)
		return a->network.bits < b->network.bits ? -1 : 1;
	return memcmp(a->network.ip.bytes, b->network.ip.bytes, ip_len(a->network.ip.family));
}

/* That of the file, which a merged peer may have lost. */
static int by_place(const struct conf_claim *a, const struct conf_claim *b)
{
	struct conf_place at = a->allowed->place, to = b->allowed->place;

	if (at.line != to.line)
		return at.line < to.line ? -1 : 1;
	if (at.column != to.column)
		return at.column < to.column ? -1 : 1;
	return by_order(a, b);
}

static int by_network(const void *left, const void *right)
{
	const struct conf_claim *a = *(const struct conf_claim *const *)left;
	const struct conf_claim *b = *(const struct conf_claim *const *)right;
	int order = compare_networks(a, b);

	return order ? order : by_place(a, b);
}

static bool same_saying(const struct conf_claim *a, const struct conf_claim *b)
{
	if (!a->allowed)
		return key_equal(&a->peer->public_key, &b->peer->public_key);
	return compare_networks(a, b) == 0;
}

/* Tell all claims to the same who is the first of them, and who the last. */
static int find_rivals(struct conf_claim *claim, size_t n, int (*order)(const void *, const void *))
{
	struct conf_claim **sorted = mem_new_array(n, sizeof(*sorted));
	size_t i, j, k;

	if (!sorted)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		sorted[i] = &claim[i];
	qsort(sorted, n, sizeof(*sorted), order);
	for (i = 0; i < n; i = j) {
		for (j = i + 1; j < n && same_saying(sorted[i], sorted[j]); j++)
			;
		for (k = i; k < j; k++) {
			sorted[k]->first = (size_t)(sorted[i] - claim);
			sorted[k]->last = (size_t)(sorted[j - 1] - claim);
		}
	}
	mem_free(sorted);
	return 0;
}

int conf_dup_peer_claims(const struct conf *c, struct conf_claim **claim, size_t *n)
{
	int r;

	*claim = NULL;
	*n = 0;
	if (c->n_peer < 2)
		return 0;
	*claim = mem_new_array(c->n_peer, sizeof(**claim));
	if (!*claim)
		return -ENOMEM;
	for (size_t i = 0; i < c->n_peer; i++)
		if (c->peer[i].set & CONF_PEER_PUBLIC_KEY)
			(*claim)[(*n)++].peer = &c->peer[i];
	r = *n ? find_rivals(*claim, *n, by_key) : 0;
	if (r == 0)
		return 0;
	mem_free(*claim);
	*claim = NULL;
	*n = 0;
	return r;
}

static void add_networks(const struct conf_peer *p, struct conf_claim *claim, size_t *n)
{
	for (size_t i = 0; i < p->n_allowed; i++) {
		struct conf_claim *next = &claim[*n];

		if (p->allowed[i].remove)
			continue;
		next->peer = p;
		next->allowed = &p->allowed[i];
		next->network = p->allowed[i].prefix;
		prefix_mask(&next->network);
		++*n;
	}
}

int conf_dup_network_claims(const struct conf *c, struct conf_claim **claim, size_t *n)
{
	size_t i, cap = 0;
	int r;

	*claim = NULL;
	*n = 0;
	for (i = 0; i < c->n_peer; i++)
		cap += c->peer[i].n_allowed;
	if (c->n_peer < 2 || cap < 2)
		return 0;
	*claim = mem_new_array(cap, sizeof(**claim));
	if (!*claim)
		return -ENOMEM;
	for (i = 0; i < c->n_peer; i++)
		add_networks(&c->peer[i], *claim, n);
	r = *n ? find_rivals(*claim, *n, by_network) : 0;
	if (r == 0)
		return 0;
	mem_free(*claim);
	*claim = NULL;
	*n = 0;
	return r;
}

static void report_peer(const struct conf *c, const struct conf_claim *claim,
			const struct conf_claim *first, struct conf_report *r)
{
	struct conf_place there = first->peer->key_place;

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
	struct conf_claim *claim;
	size_t n;
	int err = conf_dup_peer_claims(c, &claim, &n);

	if (err < 0)
		return err;
	for (size_t i = 0; i < n; i++) {
		if (claim[i].first == i)
			continue;
		report_peer(c, &claim[i], &claim[claim[i].first], r);
		err = -EINVAL;
	}
	mem_free(claim);
	return err;
}

static void report_network(const struct conf *c, const struct conf_claim *claim,
			   const struct conf_claim *first, struct conf_report *r)
{
	struct conf_place there = first->allowed->place;
	const char *why = claim->network.bits ? "a network can have only one peer"
					      : "only one peer can have all";
	char text[PREFIX_TEXT];

	prefix_print(text, &claim->network);
	if (there.line)
		diag_line_error(
			r, c->path, claim->allowed->place,
			"%s also belongs to the peer in line %u; %s, remove it here or there "
			"(line %u, column %u)",
			text, first->peer->place.line, why, there.line, there.column);
	else
		diag_line_error(r, c->path, claim->allowed->place,
				"%s belongs to two peers; %s, remove it from the other", text, why);
}

int conf_dup_networks(const struct conf *c, struct conf_report *r)
{
	struct conf_claim *claim;
	size_t n;
	int err = conf_dup_network_claims(c, &claim, &n);

	if (err < 0)
		return err;
	for (size_t i = 0; i < n; i++) {
		const struct conf_claim *first = &claim[claim[i].first];

		if (first->peer == claim[i].peer)
			continue;
		report_network(c, &claim[i], first, r);
		err = -EINVAL;
	}
	mem_free(claim);
	return err;
}
