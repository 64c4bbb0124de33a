/* SPDX-License-Identifier: ISC */
#include "proto/allowed.h"

#include <errno.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "proto/peer.h"

/* An address as two numbers, first bit highest; an IPv4 address fills the upper half of hi. */
struct bits {
	uint64_t hi, lo;
};

/*
 * A node with a peer is a prefix that was given; one without is a fork, and has two children.
 * A child is inside its parent: it has more bits, and the same ones up to there.
 */
struct allowed_node {
	struct bits key;
	struct peer *peer;
	struct allowed_node *child[2], *parent;
	struct allowed_node *list_next, *list_prev;
	uint8_t len;
	uint8_t family;
};

static uint64_t high_ones(unsigned n)
{
	return n == 0 ? 0 : UINT64_MAX << (64 - n);
}

static struct bits masked(struct bits b, unsigned len)
{
	b.hi &= high_ones(len < 64 ? len : 64);
	b.lo &= high_ones(len > 64 ? len - 64 : 0);
	return b;
}

static unsigned bit_at(struct bits b, unsigned i)
{
	return (unsigned)((i < 64 ? b.hi >> (63 - i) : b.lo >> (127 - i)) & 1);
}

/* How many leading bits are the same. */
static unsigned common(struct bits a, struct bits b)
{
	if (a.hi != b.hi)
		return (unsigned)__builtin_clzll(a.hi ^ b.hi);
	if (a.lo != b.lo)
		return 64 + (unsigned)__builtin_clzll(a.lo ^ b.lo);
	return 128;
}

static bool inside(const struct allowed_node *n, struct bits b)
{
	return common(n->key, b) >= n->len;
}

static struct bits bits4(const uint8_t addr[4])
{
	return (struct bits){ .hi = (uint64_t)load_be32(addr) << 32 };
}

static struct bits bits6(const uint8_t addr[16])
{
	return (struct bits){ .hi = load_be64(addr), .lo = load_be64(addr + 8) };
}

static struct allowed_node **root_of(struct allowed *a, int family)
{
	return &a->root[family == AF_INET6];
}

static struct bits bits_of(const struct prefix *p)
{
	struct bits b = p->ip.family == AF_INET6 ? bits6(p->ip.bytes) : bits4(p->ip.bytes);

	return masked(b, p->bits);
}

/* The pointer that points, or would point, to the node of this prefix; *parent is above it. */
static struct allowed_node **seek(struct allowed_node **place, struct bits key, unsigned len,
				  struct allowed_node **parent)
{
	*parent = NULL;
	while (*place && (*place)->len < len && inside(*place, key)) {
		*parent = *place;
		place = &(*place)->child[bit_at(key, (*place)->len)];
	}
	return place;
}

static void list_push(struct allowed_node *n, struct peer *peer)
{
	struct allowed_list *l = &peer->allowed;

	n->peer = peer;
	n->list_prev = l->last;
	n->list_next = NULL;
	if (l->last)
		l->last->list_next = n;
	else
		l->first = n;
	l->last = n;
	l->n++;
}

static void list_drop(struct allowed_node *n)
{
	struct allowed_list *l = &n->peer->allowed;

	if (n->list_prev)
		n->list_prev->list_next = n->list_next;
	else
		l->first = n->list_next;
	if (n->list_next)
		n->list_next->list_prev = n->list_prev;
	else
		l->last = n->list_prev;
	l->n--;
	n->peer = NULL;
}

static struct allowed_node *node_new(struct allowed *a, int family, struct bits key, unsigned len)
{
	struct allowed_node *n = mem_new(sizeof(*n));

	if (!n)
		return NULL;
	n->family = (uint8_t)family;
	n->key = masked(key, len);
	n->len = (uint8_t)len;
	a->nodes++;
	return n;
}

static void node_free(struct allowed *a, struct allowed_node *n)
{
	a->nodes--;
	mem_free(n);
}

static void hang(struct allowed_node *under, struct allowed_node *n)
{
	under->child[bit_at(n->key, under->len)] = n;
	n->parent = under;
}

int allowed_add(struct allowed *a, const struct prefix *prefix, struct peer *peer)
{
	struct bits key = bits_of(prefix);
	unsigned len = prefix->bits, shared;
	struct allowed_node *parent, *below, *n, *fork;
	struct allowed_node **place = seek(root_of(a, prefix->ip.family), key, len, &parent);

	below = *place;
	if (below && below->len == len && inside(below, key)) {
		if (below->peer)
			list_drop(below);
		list_push(below, peer);
		return 0;
	}
	n = node_new(a, prefix->ip.family, key, len);
	if (!n)
		return -ENOMEM;
	n->parent = parent;
	if (!below) {
		*place = n;
		list_push(n, peer);
		return 0;
	}
	shared = common(below->key, key);
	if (shared >= len) { /* below is inside the new prefix */
		hang(n, below);
		*place = n;
		list_push(n, peer);
		return 0;
	}
	fork = node_new(a, prefix->ip.family, key, shared);
	if (!fork) {
		node_free(a, n);
		return -ENOMEM;
	}
	fork->parent = parent;
	hang(fork, below);
	hang(fork, n);
	*place = fork;
	list_push(n, peer);
	return 0;
}

/*
 * Remove a node without a peer from the tree if it is not a fork; then its parent may not be
 * one either.
 */
static void prune(struct allowed *a, struct allowed_node *n)
{
	while (n && !n->peer && !(n->child[0] && n->child[1])) {
		struct allowed_node *parent = n->parent;
		struct allowed_node *child = n->child[0] ? n->child[0] : n->child[1];
		struct allowed_node **place = root_of(a, n->family);

		if (parent)
			place = &parent->child[parent->child[1] == n];
		*place = child;
		if (child)
			child->parent = parent;
		node_free(a, n);
		n = parent;
	}
}

bool allowed_remove(struct allowed *a, const struct prefix *prefix, struct peer *peer)
{
	struct bits key = bits_of(prefix);
	struct allowed_node *parent;
	struct allowed_node *n = *seek(root_of(a, prefix->ip.family), key, prefix->bits, &parent);

	if (!n || n->peer != peer || n->len != prefix->bits || !inside(n, key))
		return false;
	list_drop(n);
	prune(a, n);
	return true;
}

void allowed_remove_all(struct allowed *a, struct peer *peer)
{
	while (peer->allowed.first) {
		struct allowed_node *n = peer->allowed.first;

		list_drop(n);
		prune(a, n);
	}
}

static struct peer *find(const struct allowed_node *n, struct bits key)
{
	struct peer *best = NULL;

	while (n && inside(n, key)) {
		if (n->peer)
			best = n->peer;
		if (n->len == 128)
			break;
		n = n->child[bit_at(key, n->len)];
	}
	return best;
}

struct peer *allowed_find4(const struct allowed *a, const uint8_t addr[4])
{
	return find(a->root[0], bits4(addr));
}

struct peer *allowed_find6(const struct allowed *a, const uint8_t addr[16])
{
	return find(a->root[1], bits6(addr));
}

const struct allowed_node *allowed_next(const struct allowed_list *list,
					const struct allowed_node *node)
{
	return node ? node->list_next : list->first;
}

void allowed_prefix(const struct allowed_node *node, struct prefix *out)
{
	*out = (struct prefix){ .ip.family = node->family, .bits = node->len };
	if (node->family == AF_INET) {
		store_be32(out->ip.bytes, (uint32_t)(node->key.hi >> 32));
		return;
	}
	store_be64(out->ip.bytes, node->key.hi);
	store_be64(out->ip.bytes + 8, node->key.lo);
}
