/* SPDX-License-Identifier: ISC */
#include "proto/handshake.h"

#include "base/bytes.h"
#include "proto/gate.h"

enum {
	TOS_HANDSHAKE = 0x88, /* AF41, as the kernel marks handshakes */
	/* What one call may spend on the lane: two handshakes, or 32 cookies. */
	HSQUEUE_BUDGET = 32,
	COST_CHEAP = 1,
	COST_DH = 16,
	/* Initiations started in one call, about 2 ms of work; the rest follow by timer. */
	START_BUDGET = 32 * COST_DH,
};

static struct pkt *message_add(struct batch *b, size_t len, const struct endpoint *to, uint8_t tos)
{
	struct pkt *p = batch_add(b, len);

	if (!p)
		return NULL;
	memset(p->data, 0, len);
	p->fate = FATE_NET;
	p->end = to;
	p->tos = tos;
	return p;
}

void handshake_clear(struct tunnel *t, struct peer *peer)
{
	if (peer->pending->waiting)
		index_remove(&t->index, peer->pending->index);
	wipe(peer->pending, sizeof(*peer->pending));
}

void handshake_moved(struct tunnel *t, struct peer *peer, const struct endpoint *from,
		     struct instant now)
{
	bool known = endpoint_known(&peer->endpoint);

	if (known && endpoint_equal(&peer->endpoint, from) && !peer->reach.asked)
		return;
	if (!known || !endpoint_same_remote(&peer->endpoint, from)) {
		faults_moved(&peer->faults, &peer->endpoint, from, now.mono);
		core_note(t, (struct event){ .kind = EVENT_ENDPOINT, .peer = peer });
	}
	reach_found(&peer->reach, from);
	core_place(t, peer, from);
}

bool handshake_works(const struct peer *peer, uint64_t mono)
{
	const struct session *s = peer->keyring.current;

	if (!s || !session_may_send(s, mono))
		return false;
	/* One way at least: initiations, or their answers, may be lost on the other. */
	return !peer->reach.asked || mono < peer->heard_at + NEW_HANDSHAKE_NS;
}

void handshake_complete(struct tunnel *t, struct peer *peer, struct instant now)
{
	handshake_clear(t, peer);
	timers_handshake_complete(&peer->timers);
	reach_found(&peer->reach, &peer->endpoint);
	peer->handshake_wall = now.wall;
	peer->handshake_at = now.mono;
	peer->handshakes++;
	peer->session_rx = peer->rx_packets;
	peer->session_tx = peer->tx_packets;
	peer->faults.unconfirmed = 0;
	core_note(t, (struct event){ .kind = EVENT_HANDSHAKE, .peer = peer });
}

/*
 * No answer so far. Whether the timer retries, or a packet that came just as the gate opened:
 * the shell is informed, and another source address may do better.
 */
static void asked_in_vain(struct tunnel *t, struct peer *peer)
{
	endpoint_forget_local(&peer->endpoint);
	core_note(t, (struct event){ .kind = EVENT_RETRY,
				     .peer = peer,
				     .n = peer->timers.unanswered,
				     .end = peer->endpoint });
}

/* The next initiation, which points at the endpoint already, may have to go elsewhere. */
static void choose_place(struct tunnel *t, struct peer *peer, struct instant now)
{
	const struct endpoint *next = reach_ask(&peer->reach, &peer->endpoint,
						handshake_works(peer, now.mono));

	if (!next)
		return;
	core_place(t, peer, next);
	core_note(t, (struct event){ .kind = EVENT_TRYING, .peer = peer });
}

static void initiation_send(struct tunnel *t, struct peer *peer, struct pkt *p, struct instant now)
{
	struct wire_initiation *m = (struct wire_initiation *)p->data;
	uint8_t timestamp[TIMESTAMP_LEN];
	uint32_t index;

	handshake_clear(t, peer);
	noise_timestamp(timestamp, now.wall, peer->sent_timestamp);
	if (!index_add(&t->index, INDEX_HANDSHAKE, peer, &t->rng, &index)) {
		p->fate = FATE_NO_MEMORY;
	} else if (!noise_write_initiation(peer->pending, m, t->self, peer->noise, index, timestamp,
					   &t->rng)) {
		index_remove(&t->index, index);
		p->fate = FATE_NOISE;
	} else {
		cookie_add_macs(&peer->cookie, m, sizeof(*m), now.mono);
		p->owner = peer;
		peer->initiations_sent++;
		t->initiations_sent++;
	}
	peer->sent_at = now.mono;
	peer->handshake_from = now.mono + REKEY_TIMEOUT_NS;
	timers_traversal(&peer->timers, now.mono);
	timers_any_sent(&peer->timers);
	if (peer->timers.unanswered)
		asked_in_vain(t, peer);
	choose_place(t, peer, now);
	/* Armed even if it could not be sent: nothing else would try again. */
	timers_initiation_sent(&peer->timers, now.mono, &t->rng);
}

bool handshake_start(struct tunnel *t, struct peer *peer, struct batch *b, struct instant now)
{
	bool may = peer->noise->shared_ok || peer->noise->shared_due;
	struct pkt *p = NULL;

	if (!t->up || !may || !endpoint_known(&peer->endpoint))
		return false;
	if (now.mono < peer->handshake_from) {
		if (!peer->timers.at[TIMER_RETRANSMIT])
			timers_gate_closed(&peer->timers, peer->handshake_from, &t->rng);
		return false;
	}
	if (t->spent < START_BUDGET) {
		if (!noise_remote_ready(peer->noise, t->self))
			return false;
		p = message_add(b, sizeof(struct wire_initiation), &peer->endpoint, TOS_HANDSHAKE);
	}
	if (!p) {
		timers_gate_closed(&peer->timers, now.mono + MILLI_NS, &t->rng);
		return false;
	}
	t->spent += COST_DH;
	initiation_send(t, peer, p, now);
	return true;
}

void handshake_want(struct tunnel *t, struct peer *peer, struct batch *b, struct instant now)
{
	peer->timers.attempts = 0;
	handshake_start(t, peer, b, now);
}

/*
 * The session of a handshake, which takes over its index. NULL: no memory, and the index is
 * freed.
 */
static struct session *derive(struct tunnel *t, struct peer *peer, struct noise_keys *keys,
			      bool initiator, uint32_t local, uint32_t remote, struct instant now)
{
	struct session *s = session_new(keys, initiator, local, remote, peer, now.mono);

	wipe(keys, sizeof(*keys));
	if (!s) {
		index_remove(&t->index, local);
		return NULL;
	}
	index_turn(&t->index, local, INDEX_SESSION, s);
	timers_session_derived(&peer->timers, now.mono);
	return s;
}

/* To where the initiation came from, wherever the peer is thought to be. */
static enum fate respond(struct tunnel *t, struct peer *peer, struct noise_received *n,
			 const struct endpoint *from, struct batch *b, struct instant now)
{
	struct endpoint *to = batch_end(b);
	struct pkt *p = to ? message_add(b, sizeof(struct wire_response), to, TOS_HANDSHAKE) : NULL;
	struct noise_keys keys;
	struct session *s;
	uint32_t index;

	if (!p)
		return FATE_NO_MEMORY;
	*to = *from;
	p->fate = FATE_NO_MEMORY;
	if (!index_add(&t->index, INDEX_HANDSHAKE, peer, &t->rng, &index))
		return FATE_NO_MEMORY;
	if (!noise_write_response(n, (struct wire_response *)p->data, peer->noise, index, &t->rng,
				  &keys)) {
		index_remove(&t->index, index);
		p->fate = FATE_NOISE;
		return FATE_NOISE;
	}
	/* The keys exist before the response is sent, so its confirmation cannot come too early. */
	s = derive(t, peer, &keys, false, index, n->index, now);
	if (!s)
		return FATE_NO_MEMORY;
	core_retire(t, keyring_add_answered(&peer->keyring, s));
	cookie_add_macs(&peer->cookie, p->data, p->len, now.mono);
	p->fate = FATE_NET;
	p->owner = peer;
	peer->responses_sent++;
	if (!peer->faults.unconfirmed++)
		peer->faults.unconfirmed_since = now.mono;
	peer->faults.unconfirmed_to = *from;
	peer->sent_at = now.mono;
	/* What goes elsewhere keeps nothing alive. */
	if (endpoint_same_remote(from, &peer->endpoint)) {
		timers_traversal(&peer->timers, now.mono);
		timers_any_sent(&peer->timers);
	}
	return FATE_CONSUMED;
}

static enum fate initiation_received(struct tunnel *t, const struct hsqueue_entry *e,
				     struct batch *b, struct instant now)
{
	const struct wire_initiation *m = (const struct wire_initiation *)e->message;
	uint8_t timestamp[TIMESTAMP_LEN];
	struct noise_received n;
	struct peer *peer;
	enum fate fate = FATE_NOISE;
	bool again;

	if (!noise_read_static(&n, m, t->self))
		return FATE_NOISE;
	peer = peers_find(&t->peers, &n.who);
	if (!peer) {
		if (faults_stranger(&t->faults, &n.who, &e->from, now.mono))
			core_note(t, (struct event){ .kind = EVENT_UNKNOWN_PEER,
						     .key = n.who,
						     .end = e->from });
		fate = FATE_UNKNOWN_PEER;
		goto out;
	}
	if (!noise_remote_ready(peer->noise, t->self) ||
	    !noise_read_timestamp(&n, m, peer->noise, timestamp))
		goto out;
	if (memcmp(timestamp, peer->latest_timestamp, TIMESTAMP_LEN) <= 0) {
		if (faults_timestamp(peer, timestamp, &e->from, now.mono))
			core_note(t, (struct event){ .kind = EVENT_TIMESTAMP,
						     .peer = peer,
						     .end = e->from });
		peer->count[fate = FATE_TIMESTAMP]++;
		goto out;
	}
	if (peer->consumed_at && now.mono < peer->consumed_at + FLOOD_NS) {
		peer->count[fate = FATE_FLOOD]++;
		goto out;
	}
	memcpy(peer->latest_timestamp, timestamp, TIMESTAMP_LEN);
	peer->consumed_at = now.mono;
	peer->initiations_received++;
	/*
	 * One handshake per peer: if ours crossed theirs, it is given up (as in the kernel).
	 * Sessions continue meanwhile, and the jitter of the retransmit timer, which stays
	 * armed, decides which side retries first.  But if our last answer was not taken up
	 * either, ours goes on, and may begin: a series of replays must not prevent that.
	 */
	again = keyring_is_answered(&peer->keyring, now.mono);
	if (!again)
		handshake_clear(t, peer);
	/*
	 * After a restart it may be a replay, from anywhere: until a packet of the new session
	 * comes, it says neither where the peer is, nor that it is there.
	 */
	peer->rx_bytes += e->len;
	fate = respond(t, peer, &n, &e->from, b, now);
	if (fate == FATE_CONSUMED && !again)
		peer->handshake_from = now.mono + REKEY_TIMEOUT_NS;
out:
	wipe(&n, sizeof(n));
	return fate;
}

static enum fate response_received(struct tunnel *t, const struct hsqueue_entry *e,
				   struct instant now)
{
	const struct wire_response *m = (const struct wire_response *)e->message;
	uint32_t index = load_le32(m->receiver);
	struct peer *peer = index_find(&t->index, index, INDEX_HANDSHAKE);
	struct noise_keys keys;
	struct session *s;

	if (!peer || !peer->pending->waiting || peer->pending->index != index)
		return FATE_NO_HANDSHAKE;
	if (!noise_read_response(peer->pending, m, t->self, peer->noise, &keys)) {
		if (faults_psk(peer, now.mono))
			core_note(t, (struct event){
					     .kind = EVENT_PSK, .peer = peer, .end = e->from });
		peer->count[FATE_PSK]++;
		return FATE_PSK;
	}
	wipe(peer->pending, sizeof(*peer->pending)); /* the index lives on, as the session's */
	s = derive(t, peer, &keys, true, index, load_le32(m->sender), now);
	if (!s)
		return FATE_NO_MEMORY;
	handshake_moved(t, peer, &e->from, now);
	core_retire(t, keyring_add_initiated(&peer->keyring, s));
	handshake_complete(t, peer, now);
	core_later(t, peer, true); /* key confirmation: waiting packets, or a keepalive */
	peer->rx_bytes += e->len;
	peer->heard_at = now.mono;
	timers_any_received(&peer->timers);
	timers_traversal(&peer->timers, now.mono);
	return FATE_CONSUMED;
}

enum fate handshake_cookie(struct tunnel *t, const struct wire_cookie *m, struct instant now)
{
	uint32_t index = load_le32(m->receiver);
	struct peer *peer = index_find(&t->index, index, INDEX_HANDSHAKE);
	struct session *s;

	if (!peer) { /* it may answer our response, whose index is a session's by now */
		s = index_find(&t->index, index, INDEX_SESSION);
		if (!s)
			return FATE_NO_HANDSHAKE;
		peer = s->peer;
	}
	if (!cookie_take(&peer->cookie, m, now.mono))
		return FATE_COOKIE;
	t->cookies_received++;
	peer->faults.cookies++;
	peer->faults.cookie_at = now.mono;
	return FATE_CONSUMED; /* no timer, no endpoint: it proves nothing about the sender */
}

enum fate handshake_arrived(struct tunnel *t, const struct pkt *p, struct batch *b,
			    struct instant now)
{
	bool loaded = gate_loaded(t, now);
	enum fate fate = loaded ? gate_prove(t, p->data, p->len, p->end, b, now) : FATE_NONE;

	if (fate != FATE_NONE) {
		gate_turned_away(t, now);
		return fate;
	}
	return hsqueue_push(&t->hsqueue, p->data, p->len, p->end, loaded) ? FATE_HANDSHAKE
									  : FATE_HSQUEUE_FULL;
}

static enum fate work_one(struct tunnel *t, const struct hsqueue_entry *e, bool loaded,
			  struct batch *b, struct instant now)
{
	t->spent += COST_CHEAP;
	if (loaded && !e->proved) {
		enum fate fate = gate_prove(t, e->message, e->len, &e->from, b, now);

		if (fate != FATE_NONE)
			return fate;
	}
	t->spent += COST_DH;
	if (load_le32(e->message) == MESSAGE_INITIATION)
		return initiation_received(t, e, b, now);
	return response_received(t, e, now);
}

void handshake_work(struct tunnel *t, struct batch *b, struct instant now)
{
	while (t->hsqueue.n && t->spent < HSQUEUE_BUDGET) {
		bool loaded = gate_loaded(t, now);
		const struct hsqueue_entry *e;

		/* There must be room for an answer; else the lane waits for the next batch. */
		if (!gate_has_room(b))
			return;
		e = hsqueue_pop(&t->hsqueue);
		t->count[work_one(t, e, loaded, b, now)]++;
	}
}
