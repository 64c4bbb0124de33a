/* SPDX-License-Identifier: ISC */
#include "proto/core.h"

/* --- events --- */

static void note_stranger(struct tunnel *t, const struct event *e)
{
	uint32_t at = (t->stranger_first + t->stranger_count) % EVENTS_OF_STRANGERS;

	if (t->stranger_count == EVENTS_OF_STRANGERS)
		return;
	t->stranger[at] = *e;
	t->stranger_count++;
	t->event_count++;
}

static void queue_news(struct tunnel *t, struct peer *peer)
{
	peer->news.next = NULL;
	if (t->news_first)
		t->news_last->news.next = peer;
	else
		t->news_first = peer;
	t->news_last = peer;
}

void core_note(struct tunnel *t, struct event e)
{
	struct peer *peer = e.peer;
	uint16_t kind = (uint16_t)(1u << e.kind);

	if (!peer) {
		note_stranger(t, &e);
		return;
	}
	if (!peer->news.kinds)
		queue_news(t, peer);
	t->event_count += !(peer->news.kinds & kind);
	peer->news.kinds |= kind;
	if (e.kind == EVENT_RETRY) {
		peer->news.unanswered = e.n;
		peer->news.asked_from = e.end;
	}
	if (e.kind == EVENT_PSK)
		peer->news.psk_from = e.end;
}

static bool event_of_stranger(struct tunnel *t, struct event *e)
{
	if (!t->stranger_count)
		return false;
	*e = t->stranger[t->stranger_first];
	t->stranger_first = (t->stranger_first + 1) % EVENTS_OF_STRANGERS;
	t->stranger_count--;
	t->event_count--;
	return true;
}

bool core_event(struct tunnel *t, struct event *e)
{
	struct peer *peer = t->news_first;
	struct news *news;

	if (!peer)
		return event_of_stranger(t, e);
	news = &peer->news;
	*e = (struct event){ .kind = (enum event_kind)__builtin_ctz(news->kinds), .peer = peer };
	if (e->kind == EVENT_RETRY) {
		e->n = news->unanswered;
		e->end = news->asked_from;
	} else if (e->kind == EVENT_PSK) {
		e->end = news->psk_from;
	} else if (e->kind == EVENT_TIMESTAMP) {
		e->end = peer->faults.timestamp_from;
	}
	t->event_count--;
	news->kinds &= (uint16_t)(news->kinds - 1u);
	if (!news->kinds)
		t->news_first = news->next;
	return true;
}

static void forget_news(struct tunnel *t, struct peer *peer)
{
	struct peer **at = &t->news_first, *before = NULL;

	if (!peer->news.kinds)
		return;
	for (; *at != peer; at = &(*at)->news.next)
		before = *at;
	*at = peer->news.next;
	if (t->news_last == peer)
		t->news_last = before;
	for (unsigned kinds = peer->news.kinds; kinds; kinds &= kinds - 1)
		t->event_count--;
}

/* --- the rest --- */

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
	bool same = endpoint_same_remote(&peer->endpoint, end);

	peer->endpoint = *end;
	if (same)
		return;
	peer->alone = 0;
	peers_moved(&t->peers, peer);
}

void core_purge(struct tunnel *t, struct peer *peer)
{
	uint32_t purged;

	t->staged_bytes -= peer->staged.size;
	purged = staged_purge(&peer->staged);
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
	forget_news(t, peer);
}
