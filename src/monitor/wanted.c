/* SPDX-License-Identifier: ISC */
#include "monitor/wanted.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/instant.h"
#include "base/mem.h"

static const uint64_t minute = 60 * SECOND_NS, calm = 600 * SECOND_NS;
/* After a try in vain, and if there is no memory for the past: never too often... */
static const uint64_t patience = 60 * SECOND_NS / WANTED_TIMES;
/* ...and so seldom in the end that it can be put back at once when a notice says so. */
enum { PATIENCE_MOST = 5 };

static void forget(struct wanted_item *i)
{
	mem_free(i->lapse);
	i->lapse = NULL;
}

void wanted_fini(struct wanted *w)
{
	for (size_t i = 0; i < w->n; i++)
		forget(&w->item[i]);
	mem_free(w->item);
	*w = (struct wanted){ 0 };
}

static int compare(const void *o, const void *item)
{
	return object_compare(o, &((const struct wanted_item *)item)->object);
}

struct wanted_item *wanted_find(const struct wanted *w, const struct object *o)
{
	return w->n ? bsearch(o, w->item, w->n, sizeof(*w->item), compare) : NULL;
}

int wanted_set(struct wanted *w, const struct objects *list)
{
	struct wanted next = *w;

	next.item = list->n ? mem_new_array(list->n, sizeof(*next.item)) : NULL;
	next.n = list->n;
	if (list->n && !next.item)
		return -ENOMEM;
	for (size_t i = 0; i < list->n; i++) {
		struct wanted_item *old = wanted_find(w, &list->object[i]);

		next.item[i].object = list->object[i];
		if (old) {
			next.item[i] = *old;
			old->lapse = NULL;
		}
	}
	wanted_fini(w);
	*w = next;
	return 0;
}

bool wanted_is_dormant(const struct wanted *w, const struct object *o)
{
	if (!object_needs_link(o))
		return false;
	return !w->link_up || (!w->has_ipv6 && o->prefix.ip.family == AF_INET6);
}

/* --- what happens to it --- */

/* Not more often than we may. */
static void schedule(struct wanted *w, struct wanted_item *i, uint64_t due)
{
	struct lapse *l = i->lapse;
	uint64_t oldest = l && l->tries >= WANTED_TIMES ? l->tried[l->tries % WANTED_TIMES] : 0;

	if (l)
		l->spent = oldest && oldest + minute > due;
	i->due = oldest && oldest + minute > due ? oldest + minute : due;
	if (i->due < w->due)
		w->due = i->due;
}

void wanted_gone(struct wanted *w, struct wanted_item *i, const char *by, uint64_t now,
		 uint64_t pause)
{
	if (!i->lapse)
		i->lapse = mem_new(sizeof(*i->lapse));
	if (i->lapse) {
		i->lapse->at = now;
		snprintf(i->lapse->by, sizeof(i->lapse->by), "%s", by);
	}
	if (!i->missing)
		schedule(w, i, now + (i->lapse ? pause : patience));
	i->missing = true;
}

void wanted_back(struct wanted_item *i)
{
	i->missing = i->quiet = false;
	if (i->lapse && !i->lapse->tries)
		forget(i);
	if (i->lapse) {
		i->lapse->error = 0;
		i->lapse->in_vain = 0;
	}
}

void wanted_free(struct wanted *w, struct wanted_item *i, uint64_t now)
{
	if (i->missing && i->lapse && i->lapse->error)
		schedule(w, i, now);
}

static void be_quiet(struct wanted *w, struct wanted_item *i, uint64_t now)
{
	if (!i->missing || !object_needs_link(&i->object))
		return;
	i->quiet = true;
	i->due = now;
	w->due = now;
	if (i->lapse && !i->lapse->tries)
		forget(i);
}

void wanted_look(struct wanted *w, const struct objects *there, const char *by, bool quiet,
		 uint64_t now)
{
	for (size_t k = 0; k < w->n; k++) {
		struct wanted_item *i = &w->item[k];

		if (objects_has(there, &i->object))
			wanted_back(i);
		else if (!i->missing)
			wanted_gone(w, i, by, now, 0);
		else if (i->lapse)
			i->lapse->confirmed = true;
		if (quiet)
			be_quiet(w, i, now);
	}
}

void wanted_forgive(struct wanted *w, uint64_t now)
{
	for (size_t k = 0; k < w->n; k++) {
		struct wanted_item *i = &w->item[k];

		if (i->missing && i->lapse) {
			i->lapse->tries = i->lapse->times = i->lapse->told = 0;
			i->lapse->in_vain = 0;
		}
		if (i->missing)
			schedule(w, i, now);
		else
			forget(i);
	}
}

/* --- putting it back --- */

struct wanted_item *wanted_next(const struct wanted *w, size_t *at, uint64_t now)
{
	while (*at < w->n) {
		struct wanted_item *i = &w->item[(*at)++];

		if (i->missing && i->due <= now && !wanted_is_dormant(w, &i->object))
			return i;
	}
	return NULL;
}

static uint64_t pause_after(const struct lapse *l)
{
	uint32_t n = l ? l->in_vain : 1;

	return patience * (n < PATIENCE_MOST ? n : PATIENCE_MOST);
}

void wanted_tried(struct wanted *w, struct wanted_item *i, int result, uint64_t now)
{
	struct lapse *l = i->lapse;
	bool quiet = i->quiet;

	/* The link has gone down a moment ago, and takes it back when it is up. */
	if (result == -ENETDOWN) {
		i->due = now + patience;
		return;
	}
	i->missing = result < 0;
	i->quiet = false;
	if (result >= 0 && quiet)
		return;
	w->put_back += result > 0;
	if (l && result != 0) {
		l->tried[l->tries++ % WANTED_TIMES] = now;
		l->times += result > 0;
		l->in_vain += result < 0;
		l->error = result < 0 ? result : 0;
		l->confirmed = false;
	}
	if (result < 0)
		schedule(w, i, now + pause_after(l));
	else
		wanted_back(i);
}

void wanted_settle(struct wanted *w, uint64_t now)
{
	w->due = UINT64_MAX;
	for (size_t k = 0; k < w->n; k++) {
		struct wanted_item *i = &w->item[k];
		uint64_t due = UINT64_MAX;

		if (i->missing)
			due = wanted_is_dormant(w, &i->object) ? UINT64_MAX : i->due;
		else if (i->lapse && i->lapse->at + calm <= now)
			forget(i);
		else if (i->lapse)
			due = i->lapse->at + calm;
		if (due < w->due)
			w->due = due;
	}
}

/* --- telling it --- */

/* It is missing, and will not be back in a moment. */
static bool is_lost(const struct wanted *w, const struct wanted_item *i)
{
	const struct lapse *l = i->lapse;

	if (!i->missing || !l || wanted_is_dormant(w, &i->object))
		return false;
	/* It may have been put back by somebody else just now. */
	return l->error ? l->error != -EEXIST || l->confirmed : l->spent;
}

/* There is something to tell. */
static bool has_drifted(const struct wanted *w, const struct wanted_item *i)
{
	return i->lapse && (i->lapse->times || is_lost(w, i));
}

/* WANTED_KINDS: nothing that was not told. */
static enum wanted_kind news_of(const struct wanted *w, const struct wanted_item *i)
{
	enum wanted_kind kind = WANTED_BACK;

	if (!has_drifted(w, i))
		return WANTED_KINDS;
	if (is_lost(w, i))
		kind = i->lapse->error ? WANTED_STUCK : WANTED_OFTEN;
	return i->lapse->told & 1u << kind ? WANTED_KINDS : kind;
}

bool wanted_has_news(const struct wanted *w)
{
	for (size_t k = 0; k < w->n; k++) {
		if (news_of(w, &w->item[k]) != WANTED_KINDS)
			return true;
	}
	return false;
}

void wanted_tell(const struct wanted *w, struct wanted_news *news)
{
	*news = (struct wanted_news){ 0 };
	for (size_t k = 0; k < w->n; k++) {
		struct wanted_item *i = &w->item[k];
		enum wanted_kind kind = news_of(w, i);

		if (kind == WANTED_KINDS)
			continue;
		i->lapse->told |= 1u << kind;
		if (news->n[kind]++ == 0)
			news->first[kind] = i;
	}
}

static void describe(struct drift_item *d, const struct wanted_item *i, bool lost, uint64_t now)
{
	const struct lapse *l = i->lapse;

	*d = (struct drift_item){
		.error = lost ? l->error : 0,
		.times = l->times,
		.age = now > l->at ? (uint32_t)((now - l->at) / SECOND_NS) : 0,
		.missing = lost,
	};
	object_print(d->what, &i->object);
	memcpy(d->by, l->by, sizeof(d->by));
}

static bool is_worse(const struct drift_item *a, const struct drift_item *b)
{
	return a->missing != b->missing ? a->missing > b->missing : a->age < b->age;
}

static void insert(struct drift *drift, const struct drift_item *d)
{
	uint32_t at = drift->n;

	while (at > 0 && is_worse(d, &drift->item[at - 1]))
		at--;
	if (at == DRIFT_ITEMS)
		return;
	if (drift->n < DRIFT_ITEMS)
		drift->n++;
	memmove(&drift->item[at + 1], &drift->item[at], (drift->n - 1 - at) * sizeof(*d));
	drift->item[at] = *d;
}

void wanted_report(const struct wanted *w, struct drift *drift, uint64_t now)
{
	*drift = (struct drift){ .put_back = w->put_back };
	for (size_t k = 0; k < w->n; k++) {
		const struct wanted_item *i = &w->item[k];
		bool lost = is_lost(w, i);
		struct drift_item d;

		if (!has_drifted(w, i))
			continue;
		drift->missing += lost;
		describe(&d, i, lost, now);
		insert(drift, &d);
	}
}
