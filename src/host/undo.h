/* SPDX-License-Identifier: ISC */
#ifndef HOST_UNDO_H
#define HOST_UNDO_H

/* What was added to the host, in order, to be removed latest first. Zeroed: empty. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/prefix.h"
#include "conf/conf.h"
#include "host/objects.h"

enum undo_kind {
	UNDO_GUARD, /* there is one */
	UNDO_ADDRESS,
	UNDO_ROUTE,
	UNDO_CLOSED, /* what remains of a default route without its device */
	UNDO_DEFAULT,
	UNDO_DNS
};

struct undo_entry {
	enum undo_kind kind;
	uint32_t ifindex;
	struct prefix prefix; /* of CLOSED and DEFAULT only the family */
	uint32_t table;
	uint32_t metric;              /* of CLOSED; not compared */
	char name[CONF_NAME_MAX + 1]; /* of DNS */
	unsigned helpers;             /* of DNS: bits of those used; not compared */
	unsigned let_go;              /* bits of its objects that are not kept; not compared */
};

struct undo {
	struct undo_entry *entry;
	size_t n, cap;
};

void undo_fini(struct undo *l);
/* Make room for one more entry, before the host is changed: 0 or -ENOMEM. */
int undo_reserve(struct undo *l);
/* After undo_reserve(). */
void undo_add(struct undo *l, const struct undo_entry *e);
/* NULL: not ours. */
struct undo_entry *undo_find(const struct undo *l, const struct undo_entry *like);
void undo_remove(struct undo *l, const struct undo_entry *like);
/* Take out the latest; false: it is empty. */
bool undo_pop(struct undo *l, struct undo_entry *out);

/* fn for each object that is kept, in the order in which they were added. */
typedef void undo_object_fn(const struct object *o, void *ctx);
void undo_objects(const struct undo *l, undo_object_fn *fn, void *ctx);
/* Fill an empty set with them, sorted. 0 or -ENOMEM. */
int undo_list(const struct undo *l, struct objects *list);
/* Those that are not in this set are not kept any more, but removed at the end as before. */
void undo_let_go(struct undo *l, const struct objects *there);

#endif
