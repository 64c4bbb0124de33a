/* SPDX-License-Identifier: ISC */
#include "host/undo.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"

void undo_fini(struct undo *l)
{
	mem_free(l->entry);
	*l = (struct undo){ 0 };
}

int undo_reserve(struct undo *l)
{
	struct undo_entry *entry;
	size_t cap;

	if (l->n < l->cap)
		return 0;
	cap = l->cap ? 2 * l->cap : 16;
	entry = mem_resize(l->entry, cap, sizeof(*entry));
	if (!entry)
		return -ENOMEM;
	l->entry = entry;
	l->cap = cap;
	return 0;
}

static bool same(const struct undo_entry *a, const struct undo_entry *b)
{
	if (a->kind != b->kind || a->ifindex != b->ifindex || a->table != b->table)
		return false;
	if (a->kind == UNDO_DNS)
		return strcmp(a->name, b->name) == 0;
	if (a->kind == UNDO_DEFAULT || a->kind == UNDO_CLOSED)
		return a->prefix.ip.family == b->prefix.ip.family;
	return prefix_equal(&a->prefix, &b->prefix);
}

struct undo_entry *undo_find(const struct undo *l, const struct undo_entry *like)
{
	/* Latest first: what is removed was often added last. */
	for (size_t i = l->n; i-- > 0;) {
		if (same(&l->entry[i], like))
			return &l->entry[i];
	}
	return NULL;
}

void undo_add(struct undo *l, const struct undo_entry *e)
{
	l->entry[l->n++] = *e;
}

void undo_remove(struct undo *l, const struct undo_entry *like)
{
	struct undo_entry *e = undo_find(l, like);

	if (!e)
		return;
	memmove(e, e + 1, (size_t)(l->entry + l->n - (e + 1)) * sizeof(*e));
	l->n--;
}

bool undo_pop(struct undo *l, struct undo_entry *out)
{
	if (l->n == 0)
		return false;
	*out = l->entry[--l->n];
	return true;
}

/* What an entry consists of; kinds that nobody can look after have nothing. */
static unsigned objects_of(const struct undo_entry *e, struct object o[OBJECT_KINDS])
{
	/* The last one only of IPv4. */
	static const enum object_kind divert[] = { OBJECT_ROUTE, OBJECT_RULE_MAIN, OBJECT_RULE_MARK,
						   OBJECT_SETTING };
	unsigned n = LEN(divert) - (e->prefix.ip.family == AF_INET6);

	o[0] = (struct object){ .prefix = e->prefix, .table = e->table };
	switch (e->kind) {
	case UNDO_ADDRESS:
		o[0].kind = OBJECT_ADDRESS;
		o[1] = o[0];
		o[1].kind = OBJECT_NETWORK;
		prefix_mask(&o[1].prefix);
		return e->prefix.bits < ip_bits(e->prefix.ip.family) ? 2 : 1;
	case UNDO_ROUTE:
		o[0].kind = OBJECT_ROUTE;
		return 1;
	case UNDO_CLOSED:
		o[0].kind = OBJECT_CLOSED;
		o[0].metric = e->metric;
		return 1;
	case UNDO_DEFAULT:
		for (unsigned i = 0; i < n; i++) {
			o[i] = o[0];
			o[i].kind = divert[i];
			if (divert[i] == OBJECT_RULE_MAIN || divert[i] == OBJECT_SETTING)
				o[i].table = 0;
		}
		return n;
	case UNDO_GUARD:
	case UNDO_DNS:
		break;
	}
	return 0;
}

void undo_objects(const struct undo *l, undo_object_fn *fn, void *ctx)
{
	struct object o[OBJECT_KINDS];

	for (size_t i = 0; i < l->n; i++) {
		unsigned n = objects_of(&l->entry[i], o);

		for (unsigned k = 0; k < n; k++) {
			if (!(l->entry[i].let_go & 1u << k))
				fn(&o[k], ctx);
		}
	}
}

struct listing {
	struct objects *list;
	int error;
};

static void list_object(const struct object *o, void *ctx)
{
	struct listing *l = ctx;

	if (objects_add(l->list, o) < 0)
		l->error = -ENOMEM;
}

int undo_list(const struct undo *l, struct objects *list)
{
	struct listing listing = { .list = list };

	undo_objects(l, list_object, &listing);
	objects_sort(list);
	return listing.error;
}

void undo_let_go(struct undo *l, const struct objects *there)
{
	struct object o[OBJECT_KINDS];

	for (size_t i = 0; i < l->n; i++) {
		unsigned n = objects_of(&l->entry[i], o);

		for (unsigned k = 0; k < n; k++) {
			if (!objects_has(there, &o[k]))
				l->entry[i].let_go |= 1u << k;
		}
	}
}
