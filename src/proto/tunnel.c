/* SPDX-License-Identifier: ISC */
/*
 * A batch goes through named stages, in the order in which they appear here.
 *
 *   seal:  stamp (which peer? nonce, header; then answer), flight_seal
 *   open:  sort (which session?), flight_open, take (replay, endpoint, keys, content,
 *          handshake messages; then answer)
 *   tick:  expired timers, then answer
 *
 * Nonces are assigned before the AEAD stage, the replay window is checked after it; the stage
 * itself touches only the jobs of its flight.
 */
#include "proto/tunnel.h"

#include <errno.h>

#include "base/bytes.h"
#include "base/vault.h"
#include "proto/admin.h"
#include "proto/core.h"
#include "proto/handshake.h"
#include "proto/inner.h"
#include "proto/receive.h"
#include "proto/send.h"

enum { TICK_BUDGET = 64 }; /* handshakes started by timers in one tick: 4, the rest in the next */

int tunnel_init(struct tunnel *t, const struct rng *rng, uint32_t cap)
{
	*t = (struct tunnel){ .rng = *rng };
	rng_fill(rng, t->peers.key.bytes, sizeof(t->peers.key.bytes));
	t->self = vault_new(sizeof(*t->self));
	t->checker = vault_new(sizeof(*t->checker));
	t->buckets = bucket_new(rng);
	if (t->self && t->checker && t->buckets && flight_init(&t->own, cap) == 0)
		return 0;
	tunnel_fini(t);
	return -ENOMEM;
}

void tunnel_fini(struct tunnel *t)
{
	while (t->peers.first)
		admin_remove(t, t->peers.first);
	peers_fini(&t->peers);
	index_fini(&t->index);
	deadlines_fini(&t->deadlines);
	hsqueue_fini(&t->hsqueue);
	bucket_free(t->buckets);
	flight_fini(&t->own);
	vault_free(t->checker, sizeof(*t->checker));
	vault_free(t->self, sizeof(*t->self));
	*t = (struct tunnel){ 0 };
}

bool tunnel_event(struct tunnel *t, struct event *e)
{
	do {
		if (!t->event_count)
			return false;
		*e = t->events[t->event_first];
		t->event_first = (t->event_first + 1) % EVENTS;
		t->event_count--;
	} while (e->kind == EVENT_NONE); /* its peer was removed */
	return true;
}

void tunnel_sweep(struct tunnel *t)
{
	core_sweep(t);
}

/* The common end of the three calls: send what became due in between. */
static void answer(struct tunnel *t, struct batch *b, struct flight *f, struct instant now)
{
	send_serve(t, b, f, now);
	handshake_work(t, b, now);
	send_serve(t, b, f, now); /* key confirmations of handshakes just completed */
}

/* --- seal --- */

/* At the first packet for another peer, or at the end: update the timers of the run's peer. */
static void run_ends(struct tunnel *t, struct peer *peer, bool sent, struct batch *b,
		     struct instant now)
{
	if (!peer)
		return;
	if (sent)
		send_happened(t, peer, true, b, now);
	if (peer->staged.n)
		core_later(t, peer, false);
}

/* It was answered a moment ago: its first packet will tell where it is. */
static bool is_calling(const struct peer *peer, uint64_t mono)
{
	const struct session *next = peer->keyring.next;

	return next && mono < next->born + REKEY_TIMEOUT_NS;
}

static enum fate sort_plain(struct tunnel *t, struct pkt *p, struct peer **peer, struct instant now)
{
	int version = inner_version(p->data, p->len);
	struct ip to;

	if (!version)
		return FATE_NOT_IP;
	*peer = inner_destination(&t->allowed, p->data, version);
	if (!*peer) {
		inner_destination_ip(p->data, version, &to);
		faults_no_peer(&t->faults, &to, now.mono);
		return FATE_NO_PEER;
	}
	if (!endpoint_known(&(*peer)->endpoint) && !is_calling(*peer, now.mono)) {
		(*peer)->count[FATE_NO_ENDPOINT]++;
		(*peer)->faults.no_endpoint_at = now.mono;
		return FATE_NO_ENDPOINT;
	}
	return FATE_NONE;
}

void tunnel_stamp(struct tunnel *t, struct batch *b, struct flight *f, struct instant now)
{
	struct peer *run = NULL;
	uint32_t n = b->n;
	bool sent = false;

	t->spent = 0;
	flight_reset(f);
	for (uint32_t i = 0; i < n; i++) {
		struct pkt *p = &b->pkt[i];
		struct peer *peer = NULL;
		struct session *s;

		p->fate = (uint8_t)sort_plain(t, p, &peer, now);
		if (p->fate != FATE_NONE)
			continue;
		if (peer != run) {
			run_ends(t, run, sent, b, now);
			run = peer;
			sent = false;
		}
		s = peer->keyring.current;
		if (!t->up || peer->staged.n || !s || !session_may_send(s, now.mono)) {
			p->fate = (uint8_t)send_stage(t, peer, p->data, p->len);
			continue;
		}
		faults_sent(&peer->faults, p->data, p->len, now.mono);
		send_stamp(b, f, p, s, inner_ecn_out(p->data, p->data[0] >> 4));
		peer->tx_packets++;
		sent = true;
	}
	run_ends(t, run, sent, b, now);
	answer(t, b, f, now);
}

void tunnel_seal(struct tunnel *t, struct batch *b, struct instant now)
{
	tunnel_stamp(t, b, &t->own, now);
	flight_seal(&t->own);
	tunnel_sweep(t);
}

/* --- open --- */

void tunnel_sort(struct tunnel *t, struct batch *b, struct flight *f, struct instant now)
{
	flight_reset(f);
	receive_sort(t, b, f, now);
}

void tunnel_take(struct tunnel *t, struct batch *b, struct flight *f, struct instant now)
{
	t->spent = 0;
	receive_take(t, b, f, now);
	flight_reset(f); /* from here on for the answers */
	answer(t, b, f, now);
	flight_seal(f);
}

void tunnel_open(struct tunnel *t, struct batch *b, struct instant now)
{
	tunnel_sort(t, b, &t->own, now);
	flight_open(&t->own);
	tunnel_take(t, b, &t->own, now);
	tunnel_sweep(t);
}

/* --- tick --- */

static void gave_up(struct tunnel *t, struct peer *peer, struct instant now)
{
	core_purge(t, peer);
	timers_gave_up(&peer->timers, now.mono);
	core_note(t, (struct event){ .kind = EVENT_GAVE_UP, .peer = peer });
}

static void expired(struct tunnel *t, struct peer *peer, enum timer which, struct batch *b,
		    struct flight *f, struct instant now)
{
	struct timers *timers = &peer->timers;

	switch (which) {
	case TIMER_RETRANSMIT:
		if (timers->attempts > MAX_TIMER_HANDSHAKES) {
			gave_up(t, peer, now);
			return;
		}
		endpoint_forget_local(&peer->endpoint);
		if (handshake_start(t, peer, b, now))
			timers->attempts++;
		return;
	case TIMER_KEEPALIVE:
		send_keepalive(t, peer, b, f, now);
		if (timers->need_another) {
			timers->need_another = false;
			timers_data_received(timers, now.mono);
		}
		return;
	case TIMER_NEW_HANDSHAKE:
		endpoint_forget_local(&peer->endpoint);
		handshake_want(t, peer, b, now);
		return;
	case TIMER_FORGET:
		handshake_clear(t, peer);
		core_retire(t, keyring_clear(&peer->keyring));
		/* Nothing else would ever drop what has waited for its first packet. */
		if (!endpoint_known(&peer->endpoint))
			core_purge(t, peer);
		core_note(t, (struct event){ .kind = EVENT_FORGOT, .peer = peer });
		return;
	case TIMER_PERSISTENT:
		if (timers->interval)
			send_keepalive(t, peer, b, f, now);
		return;
	case TIMER_COUNT:
		return;
	}
}

void tunnel_tick(struct tunnel *t, struct batch *b, struct instant now)
{
	struct flight *f = &t->own;
	struct deadline *d;

	t->spent = 0;
	flight_reset(f);
	while (t->spent < TICK_BUDGET && (d = deadlines_take(&t->deadlines, now.mono))) {
		struct peer *peer = CONTAINER(timers_of(d), struct peer, timers);
		int which;

		while ((which = timers_take(&peer->timers, now.mono)) >= 0)
			expired(t, peer, (enum timer)which, b, f, now);
	}
	answer(t, b, f, now);
	flight_seal(f);
	tunnel_sweep(t);
}

uint64_t tunnel_deadline(const struct tunnel *t)
{
	if (t->work_first || t->hsqueue.n)
		return 0;
	return deadlines_next(&t->deadlines);
}

/* --- after delivery --- */

static void refused(struct peer *peer, const struct pkt *p)
{
	if (faults_passes(p->err))
		return;
	peer->send_error = p->err;
	if (load_le32(p->data) == MESSAGE_INITIATION)
		reach_stuck(&peer->reach);
}

/* An answer to an initiation goes to its sender, wherever else the peer is thought to be. */
static bool went_there(const struct peer *peer, const struct pkt *p)
{
	return p->end == &peer->endpoint || !endpoint_known(&peer->endpoint) ||
	       endpoint_same_remote(p->end, &peer->endpoint);
}

static void credit(struct peer *peer, const struct pkt *p, struct instant now)
{
	if (p->fate == FATE_NET)
		peer->tx_bytes += p->len;
	else
		peer->count[FATE_SEND]++;
	if (!went_there(peer, p))
		return;
	if (p->fate == FATE_NET) {
		peer->send_error = 0;
		reach_left(&peer->reach);
	} else {
		refused(peer, p);
		faults_refused(&peer->faults, p->err, now.mono);
	}
	if (p->flags & PKT_SOURCE_STALE)
		endpoint_forget_local(&peer->endpoint);
}

void tunnel_settle(struct tunnel *t, const struct batch *b, struct instant now)
{
	for (uint32_t i = 0; i < b->n; i++) {
		const struct pkt *p = &b->pkt[i];

		t->count[p->fate]++;
		if (p->owner && (p->fate == FATE_NET || p->fate == FATE_SEND))
			credit(p->owner, p, now);
	}
}
