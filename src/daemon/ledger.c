/* SPDX-License-Identifier: ISC */
#include "daemon/ledger.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"

void ledger_fini(struct ledger *l)
{
	mem_free(l->entry);
	*l = (struct ledger){ 0 };
}

int ledger_reserve(struct ledger *l)
{
	struct ledger_entry *entry;
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

static bool same(const struct ledger_entry *a, const struct ledger_entry *b)
{
	if (a->kind != b->kind || a->ifindex != b->ifindex || a->table != b->table)
		return false;
	if (a->kind == LEDGER_DNS)
		return strcmp(a->name, b->name) == 0;
	if (a->kind == LEDGER_DEFAULT)
		return a->prefix.ip.family == b->prefix.ip.family;
	return prefix_equal(&a->prefix, &b->prefix);
}

struct ledger_entry *ledger_find(const struct ledger *l, const struct ledger_entry *like)
{
	/* Latest first: what is removed was often added last. */
	for (size_t i = l->n; i-- > 0;) {
		if (same(&l->entry[i], like))
			return &l->entry[i];
	}
	return NULL;
}

void ledger_add(struct ledger *l, const struct ledger_entry *e)
{
	l->entry[l->n++] = *e;
}

void ledger_remove(struct ledger *l, const struct ledger_entry *like)
{
	struct ledger_entry *e = ledger_find(l, like);

	if (!e)
		return;
	memmove(e, e + 1, (size_t)(l->entry + l->n - (e + 1)) * sizeof(*e));
	l->n--;
}

bool ledger_pop(struct ledger *l, struct ledger_entry *out)
{
	if (l->n == 0)
		return false;
	*out = l->entry[--l->n];
	return true;
}
