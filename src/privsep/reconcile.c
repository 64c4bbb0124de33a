/* SPDX-License-Identifier: ISC */
#include "privsep/reconcile.h"

/* Undo the plans of those before the i-th part. */
static void cancel(const struct parts *parts, size_t i, void *side, struct change *c)
{
	while (i-- > 0) {
		const struct part *p = &parts->part[i];

		if (p->walks & c->walk && p->cancel)
			p->cancel(side, c);
	}
}

int reconcile_plan(const struct parts *parts, void *side, struct change *c)
{
	for (size_t i = 0; i < parts->n; i++) {
		const struct part *p = &parts->part[i];
		int r = 0;

		if (p->walks & c->walk && p->plan)
			r = p->plan(side, c);
		if (r < 0) {
			cancel(parts, i, side, c);
			return r;
		}
	}
	return 0;
}

void reconcile_cancel(const struct parts *parts, void *side, struct change *c)
{
	cancel(parts, parts->n, side, c);
}

void reconcile_commit(const struct parts *parts, void *side, struct change *c)
{
	for (size_t i = 0; i < parts->n; i++) {
		const struct part *p = &parts->part[c->walk == WALK_END ? parts->n - 1 - i : i];

		if (p->walks & c->walk && p->commit)
			p->commit(side, c);
	}
}
