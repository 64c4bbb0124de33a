/* SPDX-License-Identifier: ISC */
#include "host/undo.h"

#include <errno.h>
#include <string.h>

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
