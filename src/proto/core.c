/* SPDX-License-Identifier: ISC */
#include "proto/core.h"

void core_note(struct tunnel *t, struct event e)
{
	if (t->event_count < EVENTS)
		t->events[(t->event_first + t->event_count++) % EVENTS] = e;
}

void core_later(struct tunnel *t, struct peer *peer, bool keepalive)
{
	peer->flush_keepalive |= keepalive;
	if (peer->working)
		return;
	peer->working = true;
	peer->work_next = t->work_first;
	t->work_first = peer;
}

void core_place(struct tunnel *t, struct peer *peer, const struct endpoint *end)
{
	(void)t;
	if (!endpoint_same_remote(&peer->endpoint, end))
		peer->alone = 0;
	peer->endpoint = *end;
}

void core_purge(struct tunnel *t, struct peer *peer)
{
	uint32_t purged = staged_purge(&peer->staged);

	t->count[FATE_STAGE_PURGED] += purged;
	peer->count[FATE_STAGE_PURGED] += purged;
}

void core_retire(struct tunnel *t, struct session *list)
{
	while (list) {
		struct session *s = list;

		list = s->link;
		index_remove(&t->index, s->local);
		s->retired = true;
		s->link = t->retired;
		t->retired = s;
	}
}

void core_sweep(struct tunnel *t)
{
	while (t->retired) {
		struct session *s = t->retired;

		t->retired = s->link;
		session_free(s);
	}
}

static void forget_work(struct tunnel *t, struct peer *peer)
{
	struct peer **at = &t->work_first;

	if (!peer->working)
		return;
	while (*at != peer)
		at = &(*at)->work_next;
	*at = peer->work_next;
}

void core_forget(struct tunnel *t, struct peer *peer)
{
	forget_work(t, peer);
	for (uint32_t i = 0; i < t->event_count; i++) {
		struct event *e = &t->events[(t->event_first + i) % EVENTS];

		if (e->peer == peer)
			*e = (struct event){ .kind = EVENT_NONE };
	}
}
