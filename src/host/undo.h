/* SPDX-License-Identifier: ISC */
#ifndef HOST_UNDO_H
#define HOST_UNDO_H

/* What was added to the host, in order, to be removed latest first. Zeroed: empty. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/prefix.h"
#include "conf/conf.h"

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
	char name[CONF_NAME_MAX + 1]; /* of DNS */
	unsigned helpers;             /* of DNS: bits of those used; not compared */
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

#endif
