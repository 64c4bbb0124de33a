/* SPDX-License-Identifier: ISC */
/*
 * A batch goes through named stages, in the order in which they appear here.
 *
 *   seal:  sort (which peer?), stamp (nonce, header), aead_seal
 *   open:  sort (which session, or the handshake lane), aead_open, take (replay,
 *          endpoint, keys, content), then serve and answer
 *   tick:  expired timers, then serve and answer
 *
 * Nonces are assigned before the AEAD stage, the replay window is checked after it; the stage
 * itself touches only its jobs.
 */
#include "proto/tunnel.h"

#include <errno.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "base/vault.h"
#include "proto/admin.h"
#include "proto/handshake.h"
#include "proto/inner.h"
#include "proto/send.h"

enum { TICK_BUDGET = 64 }; /* handshakes started by timers in one tick: 4, the rest in the next */

int tunnel_init(struct tunnel *t, const struct rng *rng, uint32_t cap)
{
	*t = (struct tunnel){ .rng = *rng, .cap_jobs = cap };
	rng_fill(rng, t->peers.key.bytes, sizeof(t->peers.key.bytes));
	t->self = vault_new(sizeof(*t->self));
	t->checker = vault_new(sizeof(*t->checker));
	t->buckets = bucket_new(rng);
	t->jobs = mem_new_array(cap, sizeof(*t->jobs));
	t->work = mem_new_array(cap, sizeof(*t->work));
	if (t->self && t->checker && t->buckets && t->jobs && t->work)
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
	mem_free(t->jobs);
	mem_free(t->work);
	vault_free(t->checker, sizeof(*t->checker));
	vault_free(t->self, sizeof(*t->self));
	*t = (struct tunnel){ 0 };
}

void tunnel_note(struct tunnel *t, struct event e)
{
	if (t->event_count < EVENTS)
		t->events[(t->event_first + t->event_count++) % EVENTS] = e;
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

void tunnel_touch(struct tunnel *t, struct peer *peer)
{
	if (t->touched == peer)
		return;
	if (t->touched)
		deadlines_at_latest(&t->deadlines, &t->touched->deadline,
				    timers_next(&t->touched->timers));
	t->touched = peer;
}

void tunnel_sweep(struct tunnel *t)
{
	tunnel_touch(t, NULL);
	while (t->retired) {
		struct session *s = t->retired;

		t->retired = s->link;
		session_free(s);
	}
}

/* The common end of the three calls: send what became due in between. */
static void finish(struct tunnel *t, struct batch *b, struct instant now)
{
	send_serve(t, b, now);
	handshake_work(t, b, now);
	send_serve(t, b, now); /* key confirmations of handshakes just completed */
	send_seal(t);
	tunnel_sweep(t);
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
		send_later(t, peer, false);
	tunnel_touch(t, peer);
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
	if (!endpoint_known(&(*peer)->endpoint)) {
		(*peer)->count[FATE_NO_ENDPOINT]++;
		(*peer)->faults.no_endpoint_at = now.mono;
		return FATE_NO_ENDPOINT;
	}
	return FATE_NONE;
}

void tunnel_seal(struct tunnel *t, struct batch *b, struct instant now)
{
	struct peer *run = NULL;
	uint32_t n = b->n;
	bool sent = false;

	t->spent = 0;
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
		send_stamp(t, b, p, s, inner_ecn_out(p->data, p->data[0] >> 4));
		peer->tx_packets++;
		sent = true;
	}
	run_ends(t, run, sent, b, now);
	finish(t, b, now);
}

/* --- open --- */

static enum fate sort_data(struct tunnel *t, struct pkt *p, struct instant now)
{
	const struct wire_data *m = (const struct wire_data *)p->data;
	struct session *s;

	if (p->len < WIRE_DATA_MIN)
		return FATE_RUNT;
	s = index_find(&t->index, load_le32(m->receiver), INDEX_SESSION);
	if (!s)
		return FATE_NO_SESSION;
	if (!session_may_receive(s, now.mono)) {
		s->receive_valid = false;
		s->peer->count[FATE_EXPIRED]++;
		return FATE_EXPIRED;
	}
	if (t->n_jobs == t->cap_jobs)
		return FATE_NO_MEMORY;
	t->work[t->n_jobs] = (struct work){ .pkt = p, .session = s };
	t->jobs[t->n_jobs++] = (struct aead_job){ .key = &s->keys->receive,
						  .nonce = load_le64(m->counter),
						  .data = p->data + sizeof(*m),
						  .len = p->len - (uint32_t)sizeof(*m) };
	return FATE_NONE;
}

static enum fate sort_cookie(struct tunnel *t, struct pkt *p, struct instant now)
{
	if (p->len != sizeof(struct wire_cookie))
		return FATE_RUNT;
	if (!t->self->known)
		return FATE_NO_KEY;
	return handshake_cookie(t, (const struct wire_cookie *)p->data, now);
}

static enum fate sort_handshake(struct tunnel *t, struct pkt *p, size_t want, struct instant now)
{
	if (p->len != want)
		return FATE_RUNT;
	if (!t->self->known)
		return FATE_NO_KEY;
	if (!cookie_mac1_ok(t->checker, p->data, p->len)) {
		t->faults.mac_at = now.mono;
		t->faults.mac_from = *p->end;
		return FATE_MAC;
	}
	return hsqueue_push(&t->hsqueue, p->data, p->len, p->end) ? FATE_HANDSHAKE
								  : FATE_HSQUEUE_FULL;
}

static enum fate sort_message(struct tunnel *t, struct pkt *p, struct instant now)
{
	if (p->len < 4)
		return FATE_RUNT;
	switch (load_le32(p->data)) { /* the reserved bytes are part of it */
	case MESSAGE_DATA:
		return sort_data(t, p, now);
	case MESSAGE_INITIATION:
		return sort_handshake(t, p, sizeof(struct wire_initiation), now);
	case MESSAGE_RESPONSE:
		return sort_handshake(t, p, sizeof(struct wire_response), now);
	case MESSAGE_COOKIE:
		return sort_cookie(t, p, now);
	default:
		return FATE_TYPE;
	}
}

/* What is inside an authentic packet. */
static enum fate take_content(struct tunnel *t, struct peer *peer, struct pkt *p,
			      struct instant now)
{
	int version = inner_version(p->data, p->len);
	struct ip from;
	size_t len;

	if (!version)
		return FATE_NOT_IP;
	len = inner_length(p->data, p->len, version);
	if (!len)
		return FATE_LENGTH;
	/*
	 * Look up the owner of the source in the whole table, not merely among this peer's
	 * prefixes.
	 */
	if (inner_source(&t->allowed, p->data, version) != peer) {
		inner_source_ip(p->data, version, &from);
		faults_source(peer, &from, now.mono);
		return FATE_SOURCE;
	}
	p->len = (uint32_t)len; /* the rest was padding */
	inner_ecn_in(p->data, version, p->tos);
	peer->rx_packets++;
	faults_returned(&peer->faults);
	return FATE_DEV;
}

static enum fate take(struct tunnel *t, struct session *s, struct pkt *p, bool authentic,
		      struct batch *b, struct instant now)
{
	const struct wire_data *m = (const struct wire_data *)p->data;
	struct peer *peer = s->peer;
	struct session *current;
	bool confirmed;

	if (!authentic)
		return FATE_FORGED;
	if (s->retired)
		return FATE_NO_SESSION;
	if (!replay_accept(&s->replay, load_le64(m->counter)))
		return FATE_REPLAY;
	handshake_moved(t, peer, p->end, now);
	handshake_retire(t, keyring_received(&peer->keyring, s, &confirmed));
	if (confirmed) {
		handshake_complete(t, peer, now);
		send_later(t, peer, false);
	}
	current = peer->keyring.current;
	if (current && !peer->timers.last_minute &&
	    session_stale_for_receiving(current, now.mono)) {
		peer->timers.last_minute = true;
		handshake_want(t, peer, b, now);
	}
	peer->rx_bytes += p->len;
	peer->heard_at = now.mono;
	timers_any_received(&peer->timers);
	timers_traversal(&peer->timers, now.mono);
	tunnel_touch(t, peer);
	p->data += sizeof(*m);
	p->len -= (uint32_t)sizeof(*m) + SEAL_LEN;
	if (p->len == 0)
		return FATE_KEEPALIVE;
	timers_data_received(&peer->timers, now.mono); /* whether or not the content is valid */
	return take_content(t, peer, p, now);
}

void tunnel_open(struct tunnel *t, struct batch *b, struct instant now)
{
	uint32_t n = b->n;

	t->spent = 0;
	for (uint32_t i = 0; i < n; i++)
		b->pkt[i].fate = (uint8_t)(t->up ? sort_message(t, &b->pkt[i], now)
						 : FATE_NO_SESSION);
	n = t->n_jobs;
	aead_open(t->jobs, n);
	for (uint32_t i = 0; i < n; i++) {
		struct work *w = &t->work[i];
		enum fate fate = take(t, w->session, w->pkt, t->jobs[i].authentic, b, now);

		w->pkt->fate = (uint8_t)fate;
		if (fate >= FATE_DROPPED)
			w->session->peer->count[fate]++;
	}
	t->n_jobs = 0;
	finish(t, b, now);
}

/* --- tick --- */

static void gave_up(struct tunnel *t, struct peer *peer, struct instant now)
{
	uint32_t purged = staged_purge(&peer->staged);

	t->count[FATE_STAGE_PURGED] += purged;
	peer->count[FATE_STAGE_PURGED] += purged;
	peer->timers.at[TIMER_KEEPALIVE] = 0;
	peer->timers.unanswered = 0;
	if (!peer->timers.at[TIMER_FORGET])
		timers_session_derived(&peer->timers, now.mono);
	tunnel_note(t, (struct event){ .kind = EVENT_GAVE_UP, .peer = peer });
}

static void expired(struct tunnel *t, struct peer *peer, enum timer which, struct batch *b,
		    struct instant now)
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
		send_keepalive(t, peer, b, now);
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
		handshake_retire(t, keyring_clear(&peer->keyring));
		tunnel_note(t, (struct event){ .kind = EVENT_FORGOT, .peer = peer });
		return;
	case TIMER_PERSISTENT:
		if (timers->interval)
			send_keepalive(t, peer, b, now);
		return;
	case TIMER_COUNT:
		return;
	}
}

void tunnel_tick(struct tunnel *t, struct batch *b, struct instant now)
{
	struct deadline *d;

	t->spent = 0;
	while (t->spent < TICK_BUDGET && (d = deadlines_take(&t->deadlines, now.mono))) {
		struct peer *peer = CONTAINER(d, struct peer, deadline);
		int which;

		while ((which = timers_take(&peer->timers, now.mono)) >= 0)
			expired(t, peer, (enum timer)which, b, now);
		deadlines_at_latest(&t->deadlines, d, timers_next(&peer->timers));
	}
	finish(t, b, now);
}

uint64_t tunnel_deadline(const struct tunnel *t)
{
	if (t->work_first || t->hsqueue.n)
		return 0;
	return deadlines_next(&t->deadlines);
}

/* --- after delivery --- */

static void credit(struct peer *peer, const struct pkt *p, struct instant now)
{
	if (p->fate == FATE_NET) {
		peer->tx_bytes += p->len;
		peer->send_error = 0;
	} else {
		if (!faults_passes(p->err))
			peer->send_error = p->err;
		peer->count[FATE_SEND]++;
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
